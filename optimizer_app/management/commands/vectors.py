"""`manage.py vectors`: how well and how fast the store finds among 10,000, 100,000 or more vectors."""

from __future__ import annotations

import shutil
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection as configured

from optimizer_app.instance.servers.postgres import PostgresFailed, embedded_postgres
from optimizer_app.instance.servers.running import RunningServers, ServerFailed
from optimizer_app.instance.state import load_or_create
from optimizer_app.store_trial import Connection, Trial, TrialRuns, real_passages, trial, trial_tables
from token_optimizer.cli.settings import count
from token_optimizer.errors import ConfigError

SIZES = (10_000, 100_000)
_SHOWN = ("shared_buffers", "maintenance_work_mem", "effective_cache_size")


class Command(BaseCommand):
    help = (
        "Loads vectors into tables of their own, searches them as requests do, and prints recall and times. "
        "The vectors are real ones, mixed to that number. Uses the configured PostgreSQL where it answers, "
        "else starts one in a temporary folder; leaves nothing behind."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sizes", type=count, nargs="+", default=SIZES, metavar="N", help="vectors")
        parser.add_argument("--texts", type=count, default=1000, metavar="N", help="real passages to embed")
        parser.add_argument("--questions", type=count, default=200, metavar="N", help="questions to ask")

    def handle(self, **options: Any) -> None:
        try:
            with _database_url() as url, trial_tables(url) as connection:
                self._run(connection, options["sizes"], options["texts"], options["questions"])
        except (ConfigError, PostgresFailed, ServerFailed, TrialRuns) as error:
            raise CommandError(str(error)) from None
        except psycopg.Error as error:
            raise CommandError(f"the database failed: {type(error).__name__}") from None

    def _run(self, connection: Connection, sizes: list[int], texts: int, questions: int) -> None:
        self.stdout.write(_server(connection))
        passages = real_passages(Path(settings.BASE_DIR), settings.EMBEDDING_MODEL, texts, questions)
        self.stdout.write(
            f"{len(passages.texts):,} passages of the checkout embedded by {passages.model}, each stored"
            f" vector a mix of two of them with noise; {len(passages.questions)} questions"
        )
        for size in sorted(sizes):
            self.stdout.write("\n".join(("", *_lines(trial(connection, passages, size)))))


@contextmanager
def _database_url() -> Iterator[str]:
    """The configured database where it answers, or is somebody's own; else one for this run alone."""
    url = _configured_url()
    if not settings.EMBEDDED_POSTGRES or _answers(url):
        yield url
        return
    folder = Path(tempfile.mkdtemp(prefix="token-optimizer-vectors-"))
    # PostgreSQL may have to run as another user.
    folder.chmod(0o711)
    running = RunningServers(folder)
    state = load_or_create(folder)
    try:
        running.start([embedded_postgres(state, folder)])
        yield state.database_url
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _configured_url() -> str:
    given = settings.DIRECT_DATABASE or configured.settings_dict
    return psycopg.conninfo.make_conninfo(
        host=given["HOST"], port=given["PORT"] or None, user=given["USER"], password=given["PASSWORD"],
        dbname=given["NAME"], connect_timeout=5,
    )  # fmt: skip


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _server(connection: Connection) -> str:
    version = connection.info.server_version // 10_000
    values = [f"{name} {_setting(connection, name)}" for name in _SHOWN]
    return f"PostgreSQL {version}, {', '.join(values)}"


def _setting(connection: Connection, name: str) -> str:
    found = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(found[0]) if found else ""


def _lines(done: Trial) -> Iterator[str]:
    yield (
        f"{done.rows:,} vectors: loaded in {done.load_seconds:.1f} s, index built in {done.index_seconds:.1f}"
        f" s, {_megabytes(done.index_bytes)} MB beside {_megabytes(done.table_bytes)} MB of the tables;"
        f" one more block takes {done.add_ms:.1f} ms"
    )
    yield ""
    yield f"| search in {done.rows:,} | recall@10 | fewest of 10 found | p50 ms | p95 ms |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for search in done.searches:
        recall = "" if search.recall is None else f"{search.recall:.3f}"
        yield f"| {search.name} | {recall} | {search.fewest} | {search.p50_ms:.1f} | {search.p95_ms:.1f} |"


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:,.0f}"
