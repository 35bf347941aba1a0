"""The recorder: from the journal to rows."""

import orjson
import pytest
from django.db import OperationalError
from django.utils import timezone

from optimizer_app.models import Event, Project, RequestTrace
from optimizer_app.trace_ids import first_id_at
from optimizer_app.traces.journal import lines
from optimizer_app.traces.journal import recorder as recorders
from tests.optimizer_app.traces.records import BLOCKS, STAGES, eventually, new_record, segments


def test_it_works(recording, journal_dir, project, api_key):
    record = new_record(project.id, api_key_id=api_key.id)

    with recording(journal_dir) as recorder:
        recorder.append(record)
        eventually(RequestTrace.objects.exists)

    trace = RequestTrace.objects.get()
    assert trace.id == record.id
    assert trace.project == project
    assert trace.api_key == api_key
    assert trace.created_at == record.created_at
    assert trace.tokens_saved == 700
    assert trace.blocks == BLOCKS
    assert trace.stages == STAGES
    assert [event.event_type for event in Event.objects.all()] == ["optimization_completed"]
    assert segments(journal_dir) == []


def test_what_is_there_at_the_end_is_stored_before_it(recording, journal_dir, project):
    with recording(journal_dir) as recorder:
        for _ in range(20):
            recorder.append(new_record(project.id))

    assert RequestTrace.objects.count() == 20
    assert segments(journal_dir) == []


def test_it_stores_under_steady_load(recording, journal_dir, project):
    with recording(journal_dir) as recorder:
        for _ in range(30):
            recorder.append(new_record(project.id))
            recorder.nudge()

    assert RequestTrace.objects.count() == 30


def test_what_is_stored_already_stays_as_it_is(recording, journal_dir, project):
    record = new_record(project.id)
    for _ in range(2):
        with recording(journal_dir) as recorder:
            recorder.append(record)
            recorder.append(record)

    assert RequestTrace.objects.count() == 1
    assert Event.objects.count() == 1


def test_a_day_without_a_partition_gets_one(recording, journal_dir, project):
    moment = timezone.now() + timezone.timedelta(days=400)

    with recording(journal_dir) as recorder:
        recorder.append(new_record(project.id, id=first_id_at(moment), created_at=moment))

    assert RequestTrace.objects.get().created_at == moment


def test_a_trace_outlives_its_key(recording, journal_dir, project, api_key):
    record = new_record(project.id, api_key_id=api_key.id)
    api_key.delete()

    with recording(journal_dir) as recorder:
        recorder.append(record)

    assert RequestTrace.objects.get().api_key is None


def test_a_line_that_cannot_be_stored_does_not_hold_the_others(recording, journal_dir, project, caplog):
    gone = Project.objects.create(name="gone")
    orphan = new_record(gone.id, model="secret-orphan")
    gone.delete()
    too_large = new_record(project.id, model="secret-large", tokens_before=2**40)
    malformed = new_record(project.id, model="secret-malformed", blocks=[{"fate": "kept"}])
    good = [new_record(project.id) for _ in range(2)]
    lines = [good[0], orphan, too_large, malformed, good[1]]
    journal_dir.mkdir()
    left = journal_dir / "1-dead.jsonl"
    left.write_bytes(b"".join(record.as_line() for record in lines) + b'{"secret-json\n')

    with recording(journal_dir):
        eventually(lambda: not left.exists())

    assert set(RequestTrace.objects.values_list("id", flat=True)) == {record.id for record in good}
    rejected = (journal_dir / "rejected" / left.name).read_bytes().splitlines()
    assert b'{"secret-json' in rejected
    ids = {orjson.loads(line)["id"] for line in rejected if line.endswith(b"}")}
    assert ids == {str(record.id) for record in (orphan, too_large, malformed)}
    assert caplog.text.count("journal_line_rejected") == 4
    assert "secret" not in caplog.text


@pytest.mark.parametrize("unwritable", ["a file", "no permission"])
def test_a_journal_that_cannot_be_written_fails_open(recording, journal_dir, project, caplog, unwritable):
    if unwritable == "a file":
        journal_dir.write_text("")
    else:
        # A folder in which nobody can make files, root included.
        journal_dir = journal_dir.__class__("/proc/self/fdinfo")

    with recording(journal_dir) as recorder:
        recorder.append(new_record(project.id))
        eventually(RequestTrace.objects.exists)

    assert "journal_unwritable" in caplog.text


def test_a_journal_that_grows_says_when_it_is_nearly_full(
    recording, journal_dir, project, caplog, monkeypatch
):
    monkeypatch.setattr(lines, "store", outage)
    monkeypatch.setattr(recorders, "NEARLY_FULL_BYTES", 100)
    with recording(journal_dir) as recorder:
        assert recorder.state == "ok"
        for _ in range(3):
            recorder.append(new_record(project.id))
        assert recorder.state == "nearly full"

    assert caplog.text.count("journal_nearly_full") == 1


def test_what_the_disk_does_not_take_is_said_to_be_held_in_memory(
    recording, journal_dir, project, monkeypatch
):
    journal_dir.write_text("")
    with monkeypatch.context() as down:
        down.setattr(lines, "store", outage)
        with recording(journal_dir) as recorder:
            recorder.append(record := new_record(project.id))
            assert recorder.state == "held in memory"
            down.undo()
            eventually(lambda: recorder.state == "ok")

    assert RequestTrace.objects.get().id == record.id


def outage(_records):
    raise OperationalError("the database is away")


def test_a_full_journal_takes_no_more(recording, journal_dir, project, caplog, monkeypatch):
    with recording(journal_dir) as recorder:
        with monkeypatch.context() as small:
            small.setattr(recorders, "MAX_JOURNAL_BYTES", -1)
            recorder.append(new_record(project.id))
        recorder.append(kept := new_record(project.id))

    assert RequestTrace.objects.get().id == kept.id
    assert "trace_lost" in caplog.text


def test_an_interrupted_request_is_stored_without_usage(recording, journal_dir, project):
    record = new_record(
        project.id, status="interrupted", http_status=None, usage_input_tokens=None, error="the client left"
    )

    with recording(journal_dir) as recorder:
        recorder.append(record)

    trace = RequestTrace.objects.get()
    assert trace.status == "interrupted"
    assert trace.gross_usd is not None
    assert trace.net_usd is None
