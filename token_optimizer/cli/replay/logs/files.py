"""Files and folders of logs: their rows, and whose they are. What cannot be read is counted, never fatal."""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import orjson

from token_optimizer.cli.errors import InputError
from token_optimizer.cli.reading import STANDARD_INPUT
from token_optimizer.cli.replay.logs import (
    anthropic_batch,
    claude_code,
    codex,
    langfuse,
    litellm,
    openai_batch,
)
from token_optimizer.cli.replay.logs.request import LoggedRequest, LogReader, Row

READERS: Sequence[LogReader] = (openai_batch, anthropic_batch, claude_code, codex, litellm, langfuse)
_ENDINGS = (".jsonl", ".json", ".csv", ".ndjson", ".gz")
# Fields under which one object holds all rows.
_ROWS = ("data", "requests", "observations")
# Logs may begin with rows of other kinds.
_MAX_ROWS_BEFORE = 200
csv.field_size_limit(1 << 30)


@dataclass(slots=True)
class Reading:
    """What was read: files by the program that wrote them, and what could not be."""

    files: dict[str, int] = field(default_factory=dict)
    unreadable_lines: int = 0
    unknown_files: list[str] = field(default_factory=list)


def log_files(names: Iterable[str]) -> list[str]:
    """The files of these names, and those in folders; InputError where one is not there."""
    found: list[str] = []
    for name in names:
        path = Path(name)
        if name == STANDARD_INPUT or path.is_file():
            found.append(name)
        elif path.is_dir():
            found += sorted(
                str(file) for file in path.rglob("*") if file.suffix in _ENDINGS and file.is_file()
            )
        else:
            raise InputError(f"{name}: no such file or directory")
    return found


def logged_requests(name: str, reading: Reading) -> Iterator[LoggedRequest]:
    """The requests of one file; none where nobody is known to write such rows."""
    try:
        with _opened(name) as file:
            rows = _rows(file, reading)
            begin = list(islice(rows, _MAX_ROWS_BEFORE))
            reader = next((found for found in READERS if any(map(found.is_own, begin))), None)
            if reader is None:
                reading.unknown_files.append(name)
                return
            reading.files[reader.NAME] = reading.files.get(reader.NAME, 0) + 1
            yield from reader.requests(chain(begin, rows))
    except (OSError, EOFError) as error:
        raise InputError(f"{name}: {type(error).__name__} while it was read") from error


def _opened(name: str) -> IO[bytes]:
    if name == STANDARD_INPUT:
        return sys.stdin.buffer
    return gzip.open(name) if name.endswith(".gz") else Path(name).open("rb")  # type: ignore[return-value]


def _rows(file: IO[bytes], reading: Reading) -> Iterator[Row]:
    """A row a line, the rows of one JSON value, or those of a CSV file."""
    start = file.readline()
    while start and not start.strip():
        start = file.readline()
    if start.lstrip()[:1] not in (b"{", b"["):
        yield from _csv_rows(chain([start], file), reading)
    elif _is_whole(start):
        yield from _lines(chain([start], file), reading)
    else:
        yield from _of_value(start + file.read(), reading)


def _is_whole(line: bytes) -> bool:
    """Whether the line is a value of its own: an object that holds no other rows."""
    found = _parsed(line)
    return isinstance(found, dict) and not any(isinstance(found.get(name), list) for name in _ROWS)


def _lines(lines: Iterable[bytes], reading: Reading) -> Iterator[Row]:
    for line in lines:
        found = _parsed(line)
        if isinstance(found, dict):
            yield found
        elif line.strip():
            reading.unreadable_lines += 1


def _of_value(data: bytes, reading: Reading) -> Iterator[Row]:
    found = _parsed(data)
    if found is None:
        # Lines, of which the first is damaged.
        yield from _lines(data.splitlines(), reading)
        return
    if isinstance(found, dict):
        found = next((found[name] for name in _ROWS if isinstance(found.get(name), list)), [found])
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    reading.unreadable_lines += len(found) - len(rows) if isinstance(found, list) else 1
    yield from rows


def _csv_rows(lines: Iterable[bytes], reading: Reading) -> Iterator[Row]:
    try:
        yield from csv.DictReader(line.decode("utf-8-sig", "replace") for line in lines)
    except csv.Error:
        reading.unreadable_lines += 1


def _parsed(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
