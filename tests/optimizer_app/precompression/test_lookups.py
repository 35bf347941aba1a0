"""What a request finds, and that a look never costs it more than a moment."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from optimizer_app.models import Precompression, Project
from optimizer_app.precompression import lookups
from optimizer_app.precompression.accept import queue_jobs
from optimizer_app.precompression.lookups import PrecompressionReader, conninfo_of
from optimizer_app.precompression.work import compress_due
from tests.optimizer_app.precompression.texts import key_of, prose, wanted
from tests.optimizer_app.traces.workers import CuttableLine
from tests.patience import PATIENCE_SECONDS
from token_optimizer.ports import CompressionKey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready(project: Project) -> str:
    """A text that the project has compressed."""
    queue_jobs([wanted(project, prose())])
    compress_due()
    return prose()


def test_it_works(project: Project, ready: str, reader: PrecompressionReader) -> None:
    look = reader.for_project(project.pk, project.hash_secret)
    found = look.find([key_of(ready), key_of(prose(1))])
    assert list(found) == [key_of(ready)]
    row = Precompression.objects.get()
    assert (look.lookups.hits, look.lookups.misses, look.lookups.unusable) == ((row.key,), 1, 0)


def test_a_text_that_is_looked_for_twice_counts_once(
    project: Project, ready: str, reader: PrecompressionReader
) -> None:
    look = reader.for_project(project.pk, project.hash_secret)
    for _ in range(2):
        look.find([key_of(ready), key_of(prose(1))])
    assert (len(look.lookups.hits), look.lookups.misses) == (1, 1)


def test_another_compressor_or_rate_is_another_thing(
    project: Project, ready: str, reader: PrecompressionReader
) -> None:
    look = reader.for_project(project.pk, project.hash_secret)
    others = [CompressionKey.of(ready, "some/model", 0.5), CompressionKey.of(ready, "extractive", 0.3)]
    assert look.find(others) == {}
    assert look.lookups.misses == 1


def test_a_text_at_several_rates_is_one_look(
    project: Project, ready: str, reader: PrecompressionReader
) -> None:
    look = reader.for_project(project.pk, project.hash_secret)
    look.find(
        [CompressionKey.of(text, "extractive", rate) for text in (ready, prose(1)) for rate in (0.5, 0.9)]
    )
    assert (len(look.lookups.hits), look.lookups.misses) == (1, 1)


def test_another_project_finds_nothing(
    project: Project, other: Project, ready: str, reader: PrecompressionReader
) -> None:
    assert reader.for_project(other.pk, other.hash_secret).find([key_of(ready)]) == {}
    assert reader.for_project(other.pk, project.hash_secret).find([key_of(ready)]) == {}
    assert reader.for_project(project.pk, other.hash_secret).find([key_of(ready)]) == {}


def test_what_waits_is_not_found(project: Project, reader: PrecompressionReader) -> None:
    queue_jobs([wanted(project, prose())])
    look = reader.for_project(project.pk, project.hash_secret)
    assert look.find([key_of(prose())]) == {}
    assert look.lookups.misses == 1


def test_no_database_is_nothing_found_and_no_miss(project: Project, ready: str) -> None:
    line = conninfo_of(connection.settings_dict)
    with CuttableLine(int(connection.settings_dict["PORT"])) as cuttable:
        reader = PrecompressionReader(f"{line} port={cuttable.port}")
        look = reader.for_project(project.pk, project.hash_secret)
        assert look.find([key_of(ready)]) == {}
        assert not look.lookups
        reader.close()


def test_a_database_that_was_away_is_found_again(
    project: Project, ready: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "PAUSE_AFTER_FAILURE_SECONDS", 0.0)
    # What is tested is the way back; this machine may be slow to connect.
    monkeypatch.setattr(lookups, "LOOKUP_TIMEOUT_SECONDS", PATIENCE_SECONDS)
    line = conninfo_of(connection.settings_dict)
    with CuttableLine(int(connection.settings_dict["PORT"])) as cuttable:
        cuttable.mend()
        reader = PrecompressionReader(f"{line} port={cuttable.port}")
        look = reader.for_project(project.pk, project.hash_secret)
        assert look.find([key_of(ready)])
        cuttable.cut()
        assert look.find([key_of(ready)]) == {}
        cuttable.mend()
        assert look.find([key_of(ready)])
        reader.close()


def test_a_slow_database_is_not_waited_for(
    project: Project, ready: str, reader: PrecompressionReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, done = threading.Event(), threading.Event()

    def hold_the_table() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE optimizer_app_precompression")
            locked.set()
            done.wait(PATIENCE_SECONDS)
        connection.close()

    holder = threading.Thread(target=hold_the_table)
    holder.start()
    locked.wait(PATIENCE_SECONDS)
    look = reader.for_project(project.pk, project.hash_secret)
    monkeypatch.setattr(lookups, "LOOKUP_TIMEOUT_SECONDS", 0.1)
    # The table is held until this has returned.
    assert look.find([key_of(ready)]) == {}
    assert not look.lookups
    done.set()
    holder.join()
    monkeypatch.setattr(reader, "_paused_until", 0.0)
    monkeypatch.setattr(lookups, "LOOKUP_TIMEOUT_SECONDS", PATIENCE_SECONDS)
    assert look.find([key_of(ready)])
