"""How long the pages take with many traces: a database of its own, filled, rolled up, and asked.

    python -m benchmarks.pages --traces 1000000 [--days 90] [--runs 7] [--browser] [--clickhouse] [--state D]

Prints for each page the time until its first byte, the median and the worst of some runs, within one process,
and how long page and database work for it, which a busy machine does not change; with `--browser` also how
soon Chromium has it, from a server of its own. With `--clickhouse` the traces are then copied there, summed
in both, those of more than two days dropped from PostgreSQL, and the pages asked again. The folder is removed
at the end.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

KEPT_DAYS = 2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--traces", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--browser", action="store_true", help="open the pages in Chromium, too")
    parser.add_argument("--clickhouse", action="store_true", help="and with the traces in ClickHouse")
    parser.add_argument("--state", type=Path, help="where to put the folder of the database")
    asked = parser.parse_args()
    with _database(asked.state) as folder:
        from benchmarks.pages import loading, measuring

        now = datetime.now(UTC)
        began = time.perf_counter()
        for loaded in loading.load_traces(asked.traces, asked.days, now):
            print(f"\r{loaded:,} traces", end="", flush=True)
        print(f"\r{asked.traces:,} traces over {asked.days} days in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        measuring.roll_up_everything()
        print(f"rolled up in {time.perf_counter() - began:.0f} s; {measuring.sizes()}")
        print_pages(asked.runs)
        if asked.clickhouse:
            print_copied(folder, asked.runs)
        if asked.browser:
            print("\n| page in Chromium | first byte, ms | usable | painted | elements |")
            print("| --- | ---: | ---: | ---: | ---: |")
            for name, found in measuring.opened(asked.runs):
                times = (found.first_byte, found.usable, found.painted)
                print(
                    f"| {name} | {' | '.join(f'{ms:.0f}' for ms in times)} | {found.elements:,} |", flush=True
                )


def print_pages(runs: int) -> None:
    from benchmarks.pages import measuring

    print("\n| page | first byte, ms | worst | CPU time |\n| --- | ---: | ---: | ---: |")
    for name, times, work in measuring.pages(runs):
        print(f"| {name} | {median(times):.0f} | {max(times):.0f} | {work:.0f} |", flush=True)


def print_copied(folder: Path, runs: int) -> None:
    from benchmarks.pages import copied

    with copied.copied(folder) as what:
        print(f"\n{what}")
        print("\n| sums of traces | PostgreSQL, ms | ClickHouse, ms |\n| --- | ---: | ---: |")
        for name, postgres, clickhouse in copied.compared_sums(runs):
            print(f"| {name} | {postgres:.0f} | {clickhouse:.0f} |", flush=True)
        print(f"\n{copied.keep_days(KEPT_DAYS)}")
        print_pages(runs)


@contextmanager
def _database(parent: Path | None) -> Iterator[Path]:
    """The embedded servers on an empty folder, with the tables made."""
    folder = Path(tempfile.mkdtemp(prefix="token-optimizer-pages-", dir=parent))
    folder.chmod(0o711)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "OPTIMIZER_STATE_DIR": str(folder)}
    from optimizer_app.instance.servers.running import running_servers

    try:
        with running_servers(folder) as state:
            os.environ |= {"DATABASE_URL": state.database_url, "REDIS_URL": state.redis_url}
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
