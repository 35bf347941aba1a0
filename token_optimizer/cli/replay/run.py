"""A replay from the files to what is printed and written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from token_optimizer.cli.errors import InputError
from token_optimizer.cli.progress import shown_progress
from token_optimizer.cli.replay.costs import has_prices
from token_optimizer.cli.replay.logs.files import Reading, log_files, logged_requests
from token_optimizer.cli.replay.logs.request import LoggedRequest
from token_optimizer.cli.replay.page import page
from token_optimizer.cli.replay.replaying import Replayer
from token_optimizer.cli.replay.report import report
from token_optimizer.cli.replay.totals import Totals
from token_optimizer.cli.settings import config_of
from token_optimizer.errors import PromptError

_PRICES_MISSING = "no dollars without prices: pip install 'token-optimizer[prices]'"


def replay_logs(options: argparse.Namespace) -> int:
    """Replay all requests, then print their sums, and write the page where one is wanted."""
    files, reading = log_files(options.logs), Reading()
    totals = replayed_totals(files, reading, Replayer(config_of(options), options.model, options.budget))
    if not totals.all.requests:
        raise InputError(f"{', '.join(options.logs)}: no requests of a program that is known here")
    if not has_prices():
        sys.stderr.write(f"token-optimizer: {_PRICES_MISSING}\n")
    if options.html:
        _write_page(options.html, totals, reading)
    sys.stdout.write(_as_json(totals, reading) if options.json else report(totals, reading))
    return 0


def _as_json(totals: Totals, reading: Reading) -> str:
    unreadable = {"unreadable_lines": reading.unreadable_lines, "unknown_files": len(reading.unknown_files)}
    found = {**totals.as_dict(), **unreadable}
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def replayed_totals(files: Sequence[str], reading: Reading, replayer: Replayer) -> Totals:
    """The sums of all requests of the files."""
    totals = Totals()
    for request in _with_progress(files, reading):
        try:
            totals.add(replayer.replay(request))
        except PromptError:
            totals.not_prompts += 1
    return totals


def _with_progress(files: Sequence[str], reading: Reading) -> Iterator[LoggedRequest]:
    """The requests of all files."""
    for at, name in enumerate(files, 1):
        yield from shown_progress(
            logged_requests(name, reading), f"requests of file {at:,} of {len(files):,}"
        )


def _write_page(name: str, totals: Totals, reading: Reading) -> None:
    try:
        Path(name).write_text(page(totals, reading), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or type(error).__name__).lower()}") from error
