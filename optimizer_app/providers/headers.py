"""Headers of its own that a provider is sent with every request: read from lines, and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_HEADERS = 20
_MAX_VALUE_CHARS = 4_000
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff]+")
# They belong to the connection, or are made anew for each request.
_NOT_SET = frozenset(
    {"host", "content-length", "content-encoding", "transfer-encoding", "connection", "te", "trailer"}
    | {"upgrade", "expect", "keep-alive", "accept-encoding", "proxy-authorization", "proxy-connection"}
)


class HeaderRefused(ValueError):
    """A header that cannot be set; the message has its name, never its value."""


def headers_in(lines: str) -> dict[str, str]:
    """Headers from lines as `Name: value`. HeaderRefused for a line that is none."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines.splitlines(), 1):
        name, colon, value = line.partition(":")
        if colon:
            found[name.strip()] = value.strip()
        elif line.strip():
            raise HeaderRefused(f"line {number} is no header: write it as Name: value")
    return found


def as_lines(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, where all of them can be sent."""
    if len(headers) > MAX_HEADERS:
        raise HeaderRefused(f"{len(headers)} headers are too many, {MAX_HEADERS} at most")
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise HeaderRefused(f"{name[:60]!r} is no header's name")
        if name.lower() in _NOT_SET:
            raise HeaderRefused(f"{name} is set by the gateway itself")
        if not _VALUE.fullmatch(value) or len(value) > _MAX_VALUE_CHARS:
            raise HeaderRefused(f"the value of {name} is empty, too long, or no text for a header")
    return dict(headers)


def with_changes(headers: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The headers with those of the changes; one without a value is taken away."""
    lowered = {name.lower() for name in changes}
    kept = {name: value for name, value in headers.items() if name.lower() not in lowered}
    return kept | {name: value for name, value in changes.items() if value}
