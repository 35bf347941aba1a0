"""`X-Optimizer-Tags: customer=acme,feature=search`: by these people tell requests and spending apart."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.errors import BadRequest

HEADER = "x-optimizer-tags"
MAX_TAGS = 10
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_VALUE = re.compile(r"[!-~](?:[ -~]{0,58}[!-~])?")


def tags_in_header(headers: Mapping[str, str]) -> dict[str, str]:
    """The tags; none where they were not sent."""
    text = headers.get(HEADER)
    if not text:
        return {}
    tags = dict(map(_tag, text.split(",")))
    if len(tags) > MAX_TAGS:
        raise BadRequest(f"X-Optimizer-Tags has {len(tags)} tags, {MAX_TAGS} at most", param=HEADER)
    return tags


def _tag(part: str) -> tuple[str, str]:
    name, _, value = (piece.strip() for piece in part.partition("="))
    if _NAME.fullmatch(name) and _VALUE.fullmatch(value):
        return name, value
    message = (
        "X-Optimizer-Tags must be name=value,…: a name of at most 40 letters, digits, _ . and -, and a value "
        f"of at most 60 printable characters of ASCII, not {part.strip()[:40]!r}"
    )
    raise BadRequest(message, param=HEADER)
