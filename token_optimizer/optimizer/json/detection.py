"""Tells whether a text is JSON, and where it stands in the text.

JSON here is what programs write: also with NaN and Infinity, with numbers beyond a double, with lone
surrogates, behind a byte order mark, behind the head of an HTTP answer (`curl -i`), as JSON lines, or as
objects one behind the other. One reader for all: rules ask here and nowhere else.
"""

from __future__ import annotations

import json
import re

import orjson

_HTTP_HEAD = re.compile(r"HTTP/[\d.]+ \d{3}[^\r\n]*\r?\n(?:[\w-]+:[^\r\n]*\r?\n)*\r?\n")
_BYTE_ORDER_MARK = "\ufeff"
_SPACE = " \t\r\n"
_DECODER = json.JSONDecoder()
_MIN_LINES = 2
_MIN_ROWS, _DEEPEST_ROWS = 10, 4


def json_span(text: str) -> tuple[int, int] | None:
    """Where the one JSON array or object begins and ends that the text is; None for any other text."""
    start = _start(text)
    end = len(text.rstrip(_SPACE))
    if text[start : start + 1] not in ("{", "[") or text[end - 1 : end] not in ("}", "]"):
        return None
    return (start, end) if _is_value(text[start:end]) else None


def has_rows(text: str) -> bool:
    """Whether the text is JSON lines or a list of objects, or has such a list in it."""
    if json_span(text) is None:
        return bool(json_line_spans(text))
    return _holds_rows(json.loads(text[_start(text) :]), _DEEPEST_ROWS)


def _holds_rows(value: object, depth: int) -> bool:
    if isinstance(value, list) and len(value) >= _MIN_ROWS and all(isinstance(one, dict) for one in value):
        return True
    held = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else ()
    return depth > 0 and any(_holds_rows(one, depth - 1) for one in held)


def json_line_spans(text: str) -> list[tuple[int, int]]:
    """Where each value of a text of JSON lines begins and ends, or of objects one behind the other; empty for
    any other text."""
    start = _start(text)
    if text[start : start + 1] != "{":
        return []
    spans = _lines_of_values(text, start) or _values_in_a_row(text, start)
    return spans if len(spans) >= _MIN_LINES else []


def _lines_of_values(text: str, start: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for line in text[start:].split("\n"):
        core = line.strip(_SPACE)
        if core:
            if not (core[0] == "{" and core[-1] == "}" and _is_value(core)):
                return []
            begin = start + line.index(core)
            spans.append((begin, begin + len(core)))
        start += len(line) + 1
    return spans


def _values_in_a_row(text: str, start: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    last = len(text.rstrip(_SPACE))
    while start < last:
        end = end_of_json(text, start) if text[start] == "{" else None
        if end is None:
            return []
        spans.append((start, end))
        start = end
        while start < last and text[start] in _SPACE:
            start += 1
    return spans


def end_of_json(text: str, start: int) -> int | None:
    """Where the JSON value ends that begins at `start`; None where none does."""
    try:
        return _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return None


def _start(text: str) -> int:
    """Where the JSON may begin: behind what stands above JSON."""
    if text.startswith(("{", "[")):
        return 0
    at = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    while head := _HTTP_HEAD.match(text, at):
        at = head.end()
    while text[at : at + 1] and text[at] in _SPACE:
        at += 1
    return at


def _is_value(text: str) -> bool:
    try:
        orjson.loads(text)
    except (ValueError, RecursionError):
        return _is_lenient_value(text)
    return True


def _is_lenient_value(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
