"""Finds the texts that a JSON value is written for: the passages of a search, the output of a command.

Each long string becomes a piece of its own kind. With the one such string of an array's item the whole item
goes, so that what is left is JSON all the time.

Before: [{"title": "Mill", "text": "It was built in 1904. ..."}, ...]
After:  [ and a document for each item, which is written as {"title": "Mill", "text": "..."} again
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.pieces import Piece, quoting_of, unquoted
from token_optimizer.optimizer.json.spoken import is_spoken
from token_optimizer.optimizer.json.worked import is_worked

# A string that is long enough to be cut, and the share of such strings that makes a text of JSON.
_MIN_STRING_CHARS = 160
# What people write to each other is short, and each message of a chat is a text.
_MIN_MESSAGE_CHARS = 40
_MESSAGE = re.compile(r'"(?:role|from)"\s*:\s*"(user|assistant|human|gpt|ai|bot)"')
_MIN_MESSAGES = 4
_MIN_SHARE = 0.6
# Each text has a space within so many characters, unless its language has none.
_MAX_WORD_CHARS = 500
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


@dataclass(slots=True)
class _Open:
    """An array or object that is being read; `item` is where its present item starts, `done` where the one
    before ended, and `strings` are the long strings in the present item."""

    is_array: bool
    done: int
    item: int = -1
    strings: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Item:
    """A long string, and the span that goes with it; at `lead` starts what parts it from the one before."""

    lead: int
    start: int
    string: tuple[int, int]
    end: int


def text_pieces(text: str, kind_of: Callable[[str], Kind]) -> list[Piece]:
    """The pieces of a JSON text that consists of long strings mostly; none for other JSON, and for worked
    examples. Strings of JSON are read as JSON, however deep they stand in one another."""
    if is_worked(text):
        return []
    min_chars = _MIN_MESSAGE_CHARS if _is_chat(text) else _MIN_STRING_CHARS
    if '\\"' not in text and max(map(len, text.split('"'))) < min_chars - 2:
        return []
    items = sorted(_items(text, min_chars), key=lambda item: item.lead)
    items = [item for item in items if not _is_encoded(text, item.string)]
    if sum(item.string[1] - item.string[0] for item in items) < _MIN_SHARE * len(text):
        return []
    told = Kind.TRANSCRIPT if is_spoken(text) else Kind.DOCUMENT
    pieces: list[Piece] = []
    at = 0
    for item in items:
        inside = text[item.string[0] : item.string[1]]
        quoting = quoting_of(inside)
        if quoting is None:
            continue
        value = unquoted(inside)
        kind = kind_of(value)
        if inner := _pieces_inside(value, kind, kind_of):
            pieces.append(Piece(Kind.OPAQUE, text[at : item.string[0]]))
            pieces += [piece.within(quoting) for piece in inner]
            at = item.string[1]
            continue
        pieces.append(Piece(Kind.OPAQUE, text[at : item.lead]))
        pieces.append(
            Piece(
                told if kind is Kind.PROSE else kind,
                text[item.lead : item.end],
                item.start - item.lead,
                item.string[0] - item.start,
                item.end - item.string[1],
                quoting,
            )
        )
        at = item.end
    pieces.append(Piece(Kind.OPAQUE, text[at:]))
    return [piece for piece in pieces if piece.raw]


def _is_chat(text: str) -> bool:
    """Whether the text is what a user and an assistant wrote, message by message."""
    roles = [message[1] for message in islice(_MESSAGE.finditer(text), _MIN_MESSAGES)]
    return len(roles) == _MIN_MESSAGES and len(set(roles)) > 1


def string_pieces(text: str, kind_of: Callable[[str], Kind]) -> list[Piece]:
    """The pieces of a text that is one long JSON string; none for another text, and for a string of prose."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if not text.startswith('"', start):
        return []
    string = _STRING.fullmatch(text, start, end)
    inside = text[start + 1 : end - 1]
    if string is None or len(inside) < _MIN_STRING_CHARS or (quoting := quoting_of(inside)) is None:
        return []
    value = unquoted(inside)
    kind = kind_of(value)
    inner = _pieces_inside(value, kind, kind_of) or ([Piece(kind, value)] if kind is not Kind.PROSE else [])
    pieces = [piece.within(quoting) for piece in inner]
    around = Piece(Kind.OPAQUE, text[: start + 1]), Piece(Kind.OPAQUE, text[end - 1 :])
    return [around[0], *pieces, around[1]] if pieces else []


def _pieces_inside(value: str, kind: Kind, kind_of: Callable[[str], Kind]) -> list[Piece]:
    """The pieces of a string that holds JSON in turn."""
    return text_pieces(value, kind_of) if kind is Kind.JSON else string_pieces(value, kind_of)


def _items(text: str, min_chars: int) -> Iterator[_Item]:
    stack: list[_Open] = []
    for match in _TOKEN.finditer(text):
        mark = match.group()[0]
        if mark in "[{":
            if stack and stack[-1].is_array:
                stack[-1].item = match.start()
            stack.append(_Open(mark == "[", match.end()))
        elif mark == '"':
            yield from _string(stack, match.start(), match.end(), min_chars)
        elif stack:
            yield from _closed(stack, match.end())


def _string(stack: list[_Open], start: int, end: int, min_chars: int) -> Iterator[_Item]:
    """The string as an item of an array; else it is noted with the item that it stands in."""
    if not stack:
        return
    inside = (start + 1, end - 1)
    is_long = end - start >= min_chars
    if stack[-1].is_array:
        if is_long:
            yield _Item(stack[-1].done, start, inside, end)
        stack[-1].done = end
    elif is_long:
        stack[-1].strings.append(inside)


def _is_encoded(text: str, string: tuple[int, int]) -> bool:
    """Whether the string is no text but one long word, as an image in base64 is."""
    start, end = string
    told = text[start : min(end, start + _MAX_WORD_CHARS)]
    return told.isascii() and " " not in told and "\\" not in told


def _closed(stack: list[_Open], end: int) -> Iterator[_Item]:
    """An array or object ends; its long strings go with the item of the nearest array around it."""
    strings = stack.pop().strings
    if not stack:
        yield from (_Item(first, first, (first, last), last) for first, last in strings)
    elif not stack[-1].is_array:
        stack[-1].strings += strings
    else:
        holder = stack[-1]
        if len(strings) == 1:
            yield _Item(holder.done, holder.item, strings[0], end)
        else:
            yield from (_Item(first, first, (first, last), last) for first, last in strings)
        holder.done = end
