"""Which requests a key may send: lines such as `POST /v1/embeddings` or `/v1/files/*`.

A line without a method is for all of them, and `/*` at its end for all that lies below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_LINES = 50
_PATH = r"/v1/[\w.-]+(?:/[\w.-]+)*|/mcp|/api/v1/events"
_LINE = re.compile(rf"(?:(?P<method>GET|POST|DELETE) )?(?P<path>{_PATH})(?P<below>/\*)?")


class NoPathLine(ValueError):
    """The line names no path; the message says how one looks."""


def path_line(line: str) -> str:
    """The line as it is kept."""
    kept = " ".join(line.split())
    if len(kept) > 200 or _LINE.fullmatch(kept) is None:
        raise NoPathLine(f"{line.strip()[:60]!r} is no path: write it as POST /v1/embeddings or /v1/files/*")
    return kept


def path_lines(lines: Iterable[str]) -> list[str]:
    """The lines as they are kept, each once, in their order."""
    kept = list(dict.fromkeys(path_line(line) for line in lines if line.strip()))
    if len(kept) > MAX_LINES:
        raise NoPathLine(f"{len(kept)} lines: at most {MAX_LINES} are kept")
    return kept


def may_send(lines: Iterable[str], method: str, path: str) -> bool:
    """Whether one of the lines allows the request; HEAD is what GET is."""
    asked = "GET" if method == "HEAD" else method
    return any(_allows(line, asked, path) for line in lines)


def _allows(line: str, method: str, path: str) -> bool:
    found = _LINE.fullmatch(line)
    if found is None or found["method"] not in (None, method):
        return False
    if found["below"]:
        return path.startswith(f"{found['path']}/")
    return path == found["path"]
