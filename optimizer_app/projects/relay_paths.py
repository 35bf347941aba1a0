"""Which relayed requests a key may send: lines such as `POST /v1/embeddings` or `/v1/files/*`.

A line without a method is for all of them, and `/*` at its end for all that lies below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_LINES = 50
_LINE = re.compile(r"(?:(?P<method>GET|POST|DELETE) )?(?P<path>/v1/[\w.-]+(?:/[\w.-]+)*)(?P<below>/\*)?")


class NoRelayPath(ValueError):
    """The line names no path; the message says how one looks."""


def relay_path(line: str) -> str:
    """The line as it is kept."""
    kept = " ".join(line.split())
    if len(kept) > 200 or _LINE.fullmatch(kept) is None:
        raise NoRelayPath(f"{line.strip()[:60]!r} is no path: write it as POST /v1/embeddings or /v1/files/*")
    return kept


def relay_paths(lines: Iterable[str]) -> list[str]:
    """The lines as they are kept, each once, in their order."""
    kept = list(dict.fromkeys(relay_path(line) for line in lines if line.strip()))
    if len(kept) > MAX_LINES:
        raise NoRelayPath(f"{len(kept)} lines: at most {MAX_LINES} are kept")
    return kept


def may_relay(lines: Iterable[str], method: str, path: str) -> bool:
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
