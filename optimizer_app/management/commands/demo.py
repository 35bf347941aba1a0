"""`manage.py demo`: the prompts and sessions of examples/ through the running gateway, and what it saved."""

from __future__ import annotations

import logging
import os
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from optimizer_app.demo import sending as demo
from optimizer_app.demo.needs import kept_needs, optimized_body
from optimizer_app.demo.prompts import DemoError, ExamplePrompt, read_prompts
from optimizer_app.demo.sending import Row
from optimizer_app.demo.sessions import SessionRow, read_sessions, run_session
from optimizer_app.instance.greeting import local_url
from token_optimizer.cli.settings import count

HEADINGS = ("Prompt", "Dialect", "Before", "After", "Reduction", "Added ms", "Total ms", "Needed and kept")
SESSION_HEADINGS = (
    "Session",
    "Turns",
    "Tokens sent",
    "After",
    "Reduction",
    "Input with the cache",
    "After",
    "Reduction",
    "Needed and kept",
)
TOTAL = "Total"
Cells = tuple[str, ...]
_LEFT = (0, 1)
_WIDTH_WITHOUT_TERMINAL = 140


class Command(BaseCommand):
    help = "Sends the prompts and sessions of examples/ through the running gateway and shows what was saved."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", help="where the gateway listens (default: from HOST and PORT)")
        parser.add_argument("--key", help="API key (default: OPTIMIZER_KEY, else a temporary key)")
        parser.add_argument("--repeat", type=count, default=1, metavar="N", help="send every prompt N times")
        parser.add_argument(
            "--pause", type=_seconds, default=0.0, metavar="SECONDS", help="wait between two prompts"
        )
        parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")

    def handle(self, **options: Any) -> None:
        url = (options["url"] or local_url()).rstrip("/")
        key = options["key"] or os.environ.get("OPTIMIZER_KEY", "")
        try:
            examples = Path(settings.BASE_DIR) / "examples"
            prompts, sessions = read_prompts(examples / "prompts"), read_sessions(examples / "sessions")
            demo.check_running(url)
            with nullcontext(key) if key else demo.temporary_key() as secret:
                rows = _send(prompts, url, secret, options["repeat"], options["pause"])
            session_rows = [run_session(session) for session in sessions]
        except DemoError as error:
            raise CommandError(str(error)) from None
        self._show(HEADINGS, [*map(_cells, rows), _cells(demo.total(rows))], markdown=options["markdown"])
        self._show(SESSION_HEADINGS, list(map(_session_cells, session_rows)), markdown=options["markdown"])
        failed = [f"{row.name}: {row.error}" for row in rows if row.error]
        if failed:
            raise CommandError("not every prompt was answered\n" + "\n".join(failed))

    def _show(self, headings: Cells, rows: list[Cells], *, markdown: bool) -> None:
        if markdown:
            self.stdout.write("\n".join([*_markdown_lines(headings, rows), ""]))
            return
        terminal = self.stdout.isatty()
        console = Console(width=None if terminal else _WIDTH_WITHOUT_TERMINAL, force_terminal=terminal)
        with console.capture() as captured:
            console.print(_table(headings, rows))
        self.stdout.write(captured.get())


def _send(prompts: list[ExamplePrompt], url: str, key: str, repeat: int, pause_seconds: float) -> list[Row]:
    """Send them all under a progress bar, which goes to stderr so that the table can be piped."""
    # The SDKs' own line for every request would tear the bar apart.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    rows = demo.empty_rows(prompts)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"Sending to {url}", total=len(prompts) * repeat)
        sender = demo.Sender(url, key)
        for _ in demo.send_all(prompts, rows, sender, repeat=repeat, pause_seconds=pause_seconds):
            progress.advance(task)
    for prompt, row in zip(prompts, rows, strict=True):
        if row.sendings:
            row.kept = kept_needs(optimized_body(prompt.body, url, key), prompt.needs)
    return rows


def _table(headings: Cells, rows: list[Cells]) -> Table:
    table = Table(show_footer=False)
    last = len(headings) - 1
    for position, heading in enumerate(headings):
        is_left = position in (*_LEFT, last)
        table.add_column(heading, justify="left" if is_left else "right", no_wrap=position < last)
    for cells in rows:
        if cells[0] == TOTAL:
            table.add_section()
        table.add_row(*cells, style="bold" if cells[0] == TOTAL else None)
    return table


def _markdown_lines(headings: Cells, rows: list[Cells]) -> list[str]:
    last = len(headings) - 1
    rules = tuple("---" if position in (*_LEFT, last) else "---:" for position in range(last + 1))
    return [f"| {' | '.join(cells)} |" for cells in (headings, rules, *rows)]


def _cells(row: Row) -> Cells:
    if not row.sendings:
        return (row.name, row.dialect, "–", "–", "failed", "–", "–", "–")
    before, after = row.tokens_before, row.tokens_after
    tokens = (f"{before:,}", f"{after:,}", demo.reduction(before, after))
    kept = f"{row.kept} of {row.needs}" + (f": {row.whole}" if row.whole else "")
    return (row.name, row.dialect, *tokens, f"{row.added_ms:,.1f}", f"{row.total_ms:,.1f}", kept)


def _session_cells(row: SessionRow) -> Cells:
    before, after = row.before, row.after
    return (
        row.name,
        str(row.turns),
        f"{before.tokens:,}",
        f"{after.tokens:,}",
        demo.reduction(before.tokens, after.tokens),
        f"${before.cost_usd:.4f}",
        f"${after.cost_usd:.4f}",
        demo.reduction(before.cost_usd, after.cost_usd),
        f"{row.kept} of {row.needs}",
    )


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no number of seconds") from None
    if not 0 <= number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no number of seconds of at least 0")
    return number
