"""What a request finds, and that a look never costs it more than a moment."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from optimizer_app.models import AheadCompression, Project
from optimizer_app.precompression import lookups as looks
from optimizer_app.precompression.accept import accept_wanted
from optimizer_app.precompression.lookups import KeptCompressions, line_to
from optimizer_app.precompression.work import compress_due
from tests.optimizer_app.precompression.texts import key_of, prose, wanted
from tests.optimizer_app.traces.workers import CuttableLine
from token_optimizer.optimizer.compression.precompressions import CompressionKey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready(project: Project) -> str:
    """A text that the project has compressed."""
    accept_wanted([wanted(project, prose())])
    compress_due()
    return prose()


def test_it_works(project: Project, ready: str, kept: KeptCompressions) -> None:
    look = kept.of(project.pk, project.hash_secret)
    found = look.find([key_of(ready), key_of(prose(1))])
    assert list(found) == [key_of(ready)]
    row = AheadCompression.objects.get()
    assert (look.looks.hits, look.looks.misses, look.looks.stays) == ((row.key,), 1, 0)


def test_a_text_that_is_looked_for_twice_counts_once(
    project: Project, ready: str, kept: KeptCompressions
) -> None:
    look = kept.of(project.pk, project.hash_secret)
    for _ in range(2):
        look.find([key_of(ready), key_of(prose(1))])
    assert (len(look.looks.hits), look.looks.misses) == (1, 1)


def test_another_compressor_or_rate_is_another_thing(
    project: Project, ready: str, kept: KeptCompressions
) -> None:
    look = kept.of(project.pk, project.hash_secret)
    others = [CompressionKey.of(ready, "some/model", 0.5), CompressionKey.of(ready, "extractive", 0.3)]
    assert look.find(others) == {}
    assert look.looks.misses == 1


def test_a_text_at_several_rates_is_one_look(project: Project, ready: str, kept: KeptCompressions) -> None:
    look = kept.of(project.pk, project.hash_secret)
    look.find(
        [CompressionKey.of(text, "extractive", rate) for text in (ready, prose(1)) for rate in (0.5, 0.9)]
    )
    assert (len(look.looks.hits), look.looks.misses) == (1, 1)


def test_another_project_finds_nothing(
    project: Project, other: Project, ready: str, kept: KeptCompressions
) -> None:
    assert kept.of(other.pk, other.hash_secret).find([key_of(ready)]) == {}
    assert kept.of(other.pk, project.hash_secret).find([key_of(ready)]) == {}
    assert kept.of(project.pk, other.hash_secret).find([key_of(ready)]) == {}


def test_what_waits_is_not_found(project: Project, kept: KeptCompressions) -> None:
    accept_wanted([wanted(project, prose())])
    look = kept.of(project.pk, project.hash_secret)
    assert look.find([key_of(prose())]) == {}
    assert look.looks.misses == 1


def test_no_database_is_nothing_found_and_no_miss(project: Project, ready: str) -> None:
    line = line_to(connection.settings_dict)
    with CuttableLine(int(connection.settings_dict["PORT"])) as cuttable:
        kept = KeptCompressions(f"{line} port={cuttable.port}")
        look = kept.of(project.pk, project.hash_secret)
        assert look.find([key_of(ready)]) == {}
        assert not look.looks
        kept.close()


def test_a_database_that_was_away_is_found_again(
    project: Project, ready: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "PAUSE_AFTER_FAILURE_SECONDS", 0.0)
    # What is tested is the way back; this machine may be slow to connect.
    monkeypatch.setattr(looks, "WITHIN_SECONDS", 30.0)
    line = line_to(connection.settings_dict)
    with CuttableLine(int(connection.settings_dict["PORT"])) as cuttable:
        cuttable.mend()
        kept = KeptCompressions(f"{line} port={cuttable.port}")
        look = kept.of(project.pk, project.hash_secret)
        assert look.find([key_of(ready)])
        cuttable.cut()
        assert look.find([key_of(ready)]) == {}
        cuttable.mend()
        assert look.find([key_of(ready)])
        kept.close()


def test_a_slow_database_is_not_waited_for(
    project: Project, ready: str, kept: KeptCompressions, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, done = threading.Event(), threading.Event()

    def hold_the_table() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE optimizer_app_aheadcompression")
            locked.set()
            done.wait(60)
        connection.close()

    holder = threading.Thread(target=hold_the_table)
    holder.start()
    locked.wait(30)
    look = kept.of(project.pk, project.hash_secret)
    monkeypatch.setattr(looks, "WITHIN_SECONDS", 0.1)
    # The table is held until this has returned.
    assert look.find([key_of(ready)]) == {}
    assert not look.looks
    done.set()
    holder.join()
    monkeypatch.setattr(kept, "_paused_until", 0.0)
    monkeypatch.setattr(looks, "WITHIN_SECONDS", 30.0)
    assert look.find([key_of(ready)])
