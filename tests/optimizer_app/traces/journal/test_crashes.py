"""Nothing that was answered is lost, and nothing is stored twice, whatever dies."""

import resource
from secrets import token_urlsafe

import pytest
from django.db import connection

from optimizer_app.models import Event, RequestTrace
from tests.optimizer_app.traces.records import eventually, segments
from tests.optimizer_app.traces.workers import CuttableLine, Worker
from tests.servers.live_server import database_url


@pytest.fixture
def journal_dir(tmp_path):
    folder = tmp_path / "journal"
    folder.mkdir()
    return folder


def stored_ids():
    return {str(found) for found in RequestTrace.objects.values_list("id", flat=True)}


def test_a_kill_right_after_the_answer_loses_nothing(recording, journal_dir, project):
    with Worker("journal", journal_dir, project.id) as worker:
        recorded = {worker.record(), worker.record()}
        worker.kill()
    assert stored_ids() == set()

    with recording(journal_dir):
        eventually(lambda: not segments(journal_dir))

    assert stored_ids() == recorded
    assert Event.objects.count() == 2


def test_a_kill_between_storing_and_removing_stores_once(recording, journal_dir, project):
    with Worker("unremoved", journal_dir, project.id) as worker:
        recorded = worker.record()
        assert worker.said() == "stored"
        worker.kill()
    assert stored_ids() == {recorded}
    assert len(segments(journal_dir)) == 1

    with recording(journal_dir):
        eventually(lambda: not segments(journal_dir))

    assert RequestTrace.objects.count() == 1
    assert Event.objects.count() == 1


def test_two_workers_share_a_journal(journal_dir, project):
    with (
        Worker("recorder", journal_dir, project.id) as one,
        Worker("recorder", journal_dir, project.id) as other,
        Worker("journal", journal_dir, project.id) as third,
    ):
        recorded = {worker.record() for _ in range(20) for worker in (one, other, third)}
        third.kill()
        one.stop()
        other.kill()
        with Worker("recorder", journal_dir, project.id) as next_one:
            recorded.add(next_one.record())
            next_one.stop()

    assert stored_ids() == recorded
    assert Event.objects.count() == len(recorded)
    assert segments(journal_dir) == []


def test_while_the_database_is_down_records_wait(journal_dir, project):
    """With the settings of a running instance, whose connections come from a pool."""
    with CuttableLine(int(connection.settings_dict["PORT"])) as line:
        url = database_url().replace(f":{connection.settings_dict['PORT']}/", f":{line.port}/")
        line.mend()
        prod = {"DJANGO_SETTINGS_MODULE": "config.settings.prod", "DJANGO_SECRET_KEY": token_urlsafe(48)}
        with Worker("recorder", journal_dir, project.id, DATABASE_URL=url, **prod) as worker:
            recorded = {worker.record()}
            eventually(lambda: stored_ids() == recorded)

            line.cut()
            recorded.add(worker.record())
            eventually(lambda: "traces_wait" in worker.log())
            recorded.add(worker.record())
            assert len(stored_ids()) == 1

            line.mend()
            eventually(lambda: stored_ids() == recorded)
            eventually(lambda: not segments(journal_dir))
            worker.stop()


def test_a_stop_while_the_database_is_down_leaves_the_journal(recording, journal_dir, project):
    with CuttableLine(1) as nowhere:
        url = database_url().replace(f":{connection.settings_dict['PORT']}/", f":{nowhere.port}/")
        with Worker("recorder", journal_dir, project.id, DATABASE_URL=url) as worker:
            recorded = {worker.record()}
            worker.stop()
    assert segments(journal_dir)

    with recording(journal_dir):
        eventually(lambda: not segments(journal_dir))

    assert stored_ids() == recorded


def test_a_full_disk_fails_open(journal_dir, project):
    with Worker("recorder", journal_dir, project.id) as worker:
        # Enough for a line of the log, too little for one of the journal.
        resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (700, resource.RLIM_INFINITY))
        recorded = {worker.record()}
        worker.stop()
        assert "journal_unwritable" in worker.log()

    assert stored_ids() == recorded
