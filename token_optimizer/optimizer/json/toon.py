"""Writes JSON in fewer tokens: as TOON, with references to what is repeated, or without its whitespace.

TOON is the published format (spec 4, as the package toon-format writes it), with one difference that every
decoder reads: numbers keep their exact text (1.50 stays 1.50). Where TOON cannot give a value back literal
for literal (duplicate keys), or counts more tokens, the JSON text itself is shortened, or objects that stand
in it more than once are said once (references.py). JSON is found whole, in fences, and inside prose;
text around it stays. In the middle of a line it stays JSON.

Before: [{"id": 1, "name": "Alice"}, {"id": 2, "name": "Bob"}]
After:  [2]{id,name}:
          1,Alice
          2,Bob
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from token_optimizer.optimizer.json.detection import json_line_spans, json_span
from token_optimizer.optimizer.json.grouped_rows import KEYS, with_grouped_rows
from token_optimizer.optimizer.json.literals import literal_decoder, unique_members
from token_optimizer.optimizer.json.references import REFERENCE, with_references
from token_optimizer.text.cache import TextCache, key_of
from token_optimizer.text.counting import token_counts

MIN_EMBEDDED_CHARS = 60

# What stands between insignificant whitespace: punctuation, literals, and strings whole.
_SIGNIFICANT = re.compile(r'(?:[^ \t\r\n"]++|"(?:[^"\\]++|\\.)*+")++', re.DOTALL)
# Two objects side by side, as items of a list or as values of an object: there may be a table.
_SIDE_BY_SIDE = re.compile(r'\}\s*+,\s*+(?:"(?:[^"\\]++|\\.)*+"\s*+:\s*+)?\{')
# An object within an object: something may be repeated in it.
_NESTED = re.compile(r'":\s*+\[?\s*+\{')
# A list that begins with a list of objects: there may be groups of rows.
_GROUPED = re.compile(r"\[\s*+\[\s*+(?:\{|\])")
_MAY_START = re.compile(r"(?<![^\s:=(>`])[\[{](?=\s*[\"\[{\d-])")
_FENCE_OPENS = re.compile(r"```json[ \t]*\n[ \t]*\Z")

# The lexical rules of TOON: sections 7.2 and 7.3 of its specification.
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_MUST_QUOTE = re.compile(
    r"""[,:"\\\[\]{}\x00-\x1f] | \A[ \t\-#] | [ \t]\Z | \A(?:true|false|null)?\Z
      | \A[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z""",
    re.VERBOSE,
)
# Half of a character beyond the first plane: no text can hold it.
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_MUST_ESCAPE = re.compile(r'[\\"\x00-\x1f]')
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# A JSON text of which less than this is left without its whitespace counts fewer tokens so.
_SPACED_SHARE = 0.85
# A form of less than this share of the characters of all others counts fewer tokens than they do.
_PLAINLY_SHORTER = 0.7
# A notation of our own is worth reading where it is less than this share of the JSON.
_OWN_NOTATION_SHARE = 0.8

# A leaf is a str, bool, None, or bytes: the exact text of a number.
_HOLDERS = frozenset({dict, list})
Shape = tuple[tuple[str, Any], ...]  # (key, None for a leaf or the shape of a nested object)
# What is asked of the same material again, and what a compaction works on, brings the same JSON.
_SHORTEST: TextCache[str] = TextCache(4_096, max_chars=4_000_000)


def compress_json_toon(content: str) -> str:
    """The text with its JSON in fewer tokens; unchanged where nothing is shorter."""
    if span := json_span(content):
        start, end = span
        return content[:start] + _shortest(content[start:end], toon=True) + content[end:]
    if lines := json_line_spans(content):
        return content[: lines[0][0]] + _shortest_lines(content, lines) + content[lines[-1][1] :]
    if not may_hold_json(content):
        return content
    return _with_embedded_shortened(content)


def may_hold_json(text: str) -> bool:
    """Whether an array or an object may stand in the text: most texts are told at once from those."""
    return "{" in text or "[" in text


def minified(text: str) -> str:
    """The JSON text without whitespace outside its strings; all literals stay as they are written."""
    return "".join(_SIGNIFICANT.findall(text))


def _shortest(text: str, *, toon: bool) -> str:
    """The form of the JSON text that counts the fewest tokens; of equals the one nearest to the original."""
    key = key_of(text, "toon" if toon else "json")
    known = _SHORTEST.get(key)
    if known is None:
        known = _shortest_form(text, toon=toon)
        _SHORTEST.put(key, known)
    return known


def _shortest_form(text: str, *, toon: bool) -> str:
    short = minified(text)
    # Nobody needs to count a text with so much whitespace in it.
    forms = [short] if len(short) < _SPACED_SHARE * len(text) else [text, short]
    # Where such keys stand already this text may be our own: it is not rewritten a second time.
    if not any(f'"{key}"' in text for key in (REFERENCE, *KEYS)):
        table = _toon(text) if toon and _SIDE_BY_SIDE.search(text) else None
        said_once = with_references(text) if _NESTED.search(text) else None
        forms += [form for form in (table, said_once) if form is not None and len(form) < len(short)]
        grouped = with_grouped_rows(text) if _GROUPED.match(text) else []
        forms += [form for form in grouped if len(form) < _OWN_NOTATION_SHARE * len(short)]
    return _fewest_tokens(forms)


def _shortest_lines(text: str, lines: Sequence[tuple[int, int]]) -> str:
    """JSON lines in the form of the fewest tokens: as they are, without whitespace, or as a table."""
    values = [minified(text[start:end]) for start, end in lines]
    short = "\n".join(values)
    table = _toon(f"[{','.join(values)}]")
    forms = [text[lines[0][0] : lines[-1][1]], short]
    return _fewest_tokens([*forms, table] if table is not None and len(table) < len(short) else forms)


def _fewest_tokens(forms: list[str]) -> str:
    shortest, *others = sorted(forms, key=len)
    if not others or len(shortest) < _PLAINLY_SHORTER * len(others[0]):
        return shortest
    counts = token_counts(forms)
    return forms[counts.index(min(counts))]


# JSON inside a text


def _with_embedded_shortened(text: str) -> str:
    parts: list[str] = []
    done = 0
    for start, end in _embedded(text):
        before = text[done:start]
        # A second value of one line stays JSON: on a line of its own it would change where the first ends.
        toon = text[end : end + 1] in ("", "\n") and (done == 0 or "\n" in before)
        parts += _shortened(before, text[start:end], toon=toon)
        done = end
    return "".join([*parts, text[done:]])


def _shortened(before: str, value: str, *, toon: bool) -> tuple[str, str]:
    """A value and the text before it, the value shortened; TOON starts on a line of its own."""
    short = _shortest(value, toon=toon)
    if short == value or json_span(short):
        return before, short
    if fence := _FENCE_OPENS.search(before):
        return before[: fence.start()] + "```toon\n", short
    return before.rstrip(" ") + ("" if before.endswith("\n") else "\n"), short


def _embedded(text: str) -> Iterator[tuple[int, int]]:
    """Where JSON arrays and objects of some size stand in the text, from left to right.

    What fails to parse may be read again from a bracket within it, so failures are paid from a budget: for
    the characters read, and for the lines that JSONDecodeError counts up to them.
    """
    done, budget_chars = 0, 2 * len(text)
    for match in _MAY_START.finditer(text):
        start = match.start()
        if start < done:
            continue
        try:
            _, end = _LITERAL.raw_decode(text, start)
        except RecursionError:
            return
        except ValueError as error:
            at = getattr(error, "pos", start)
            budget_chars -= at - start + at // 64
            if budget_chars < 0:
                return
            continue
        done = end
        if _is_worth_it(text[start:end]):
            yield start, end


def _is_worth_it(value: str) -> bool:
    """Whether the value is long enough without its whitespace, so that a second run decides the same."""
    long_enough = len(value) >= MIN_EMBEDDED_CHARS and len(minified(value)) >= MIN_EMBEDDED_CHARS
    return long_enough and json_span(value) is not None


# TOON


def _toon(text: str) -> str | None:
    """The JSON text as TOON, or None where TOON would not give it back."""
    if _LONE_SURROGATE.search(text):
        return None
    try:
        return _Toon().document(_LITERAL.decode(text))
    except (ValueError, RecursionError):
        return None


_LITERAL = literal_decoder(unique_members)


class _Cells(dict[Any, str]):
    """Leaves as TOON writes them, each worked out once."""

    def __missing__(self, leaf: Any) -> str:
        if isinstance(leaf, str):
            text = _quoted(leaf) if _MUST_QUOTE.search(leaf) else leaf
        elif isinstance(leaf, bytes):
            text = leaf.decode()
        else:
            text = {None: "null", True: "true", False: "false"}[leaf]
        self[leaf] = text
        return text


def _quoted(text: str) -> str:
    return '"' + _MUST_ESCAPE.sub(_escaped, text) + '"'


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match.group()) or f"\\u{ord(match.group()):04x}"


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else _quoted(key)


class _Toon:
    """One TOON document being written, line by line. Depths indent by two spaces."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.cells = _Cells()

    def document(self, value: Any) -> str:
        if isinstance(value, dict):
            self.members("", value, 0, root=True)
        else:
            self.array("", value, 0)
        return "\n".join(self.lines)

    def line(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + text)

    def field(self, key: str, value: Any, depth: int) -> None:
        if isinstance(value, dict):
            self.members(key, value, depth)
        elif isinstance(value, list):
            self.array(key, value, depth)
        else:
            self.line(depth, f"{key}: {self.cells[value]}")

    def members(self, key: str, value: dict[str, Any], depth: int, *, root: bool = False) -> None:
        """An object: a table keyed by its names where its values are alike, else one line a member."""
        shape = _shape(list(value.values())) if len(value) > 1 else None
        if shape is not None:
            self.line(depth, f"{key}[{len(value)}:]{_header(shape)}:")
            for name, held in value.items():
                self.line(depth + 1, f"{_key(name)}: {self.row(held, shape)}")
            return
        if not root:
            self.line(depth, key + ":")
        for name, held in value.items():
            self.field(_key(name), held, depth if root else depth + 1)

    def array(self, prefix: str, items: list[Any], depth: int, *, may_be_table: bool = True) -> None:
        head = f"{prefix}[{len(items)}]"
        if not items:
            self.line(depth, f"{prefix}: []" if prefix else "[]")
        elif not any(isinstance(item, dict | list) for item in items):
            self.line(depth, f"{head}: {','.join(map(self.cells.__getitem__, items))}")
        elif may_be_table and (shape := _shape(items)) is not None:
            self.line(depth, f"{head}{_header(shape)}:")
            indent = "  " * (depth + 1)
            row = self.flat_row if _is_flat(shape) else partial(self.row, shape=shape)
            self.lines += [indent + row(item) for item in items]
        else:
            self.line(depth, head + ":")
            for item in items:
                self.item(item, depth + 1)

    def item(self, value: Any, depth: int) -> None:
        if isinstance(value, dict) and value:
            # The members stand one level deeper; the first moves onto the line of the hyphen.
            first = len(self.lines)
            for name, held in value.items():
                self.field(_key(name), held, depth + 1)
            self.lines[first] = "  " * depth + "- " + self.lines[first][2 * depth + 2 :]
        elif isinstance(value, dict):
            self.line(depth, "-")
        elif isinstance(value, list):
            self.nested_array(value, depth)
        else:
            self.line(depth, "- " + self.cells[value])

    def nested_array(self, items: list[Any], depth: int) -> None:
        if items:
            self.array("- ", items, depth, may_be_table=False)
        else:
            self.line(depth, "- [0]:")

    def flat_row(self, value: dict[str, Any]) -> str:
        return ",".join(map(self.cells.__getitem__, value.values()))

    def row(self, value: dict[str, Any], shape: Shape) -> str:
        return ",".join(
            self.cells[held] if nested is None else self.row(held, nested)
            for held, (_, nested) in zip(value.values(), shape, strict=True)
        )


def _is_flat(shape: Shape) -> bool:
    return all(nested is None for _, nested in shape)


def _header(shape: Shape) -> str:
    return "{" + ",".join(_key(key) + (_header(nested) if nested else "") for key, nested in shape) + "}"


def _shape(values: list[Any]) -> Shape | None:
    """The columns that all the objects share, in the same order; None where they are not alike."""
    if set(map(type, values)) != {dict} or not values[0]:
        return None
    keys = tuple(values[0])
    if any(map(keys.__ne__, map(tuple, values))):
        return None
    columns = []
    for key, column in zip(keys, zip(*(value.values() for value in values), strict=True), strict=True):
        nested = None
        if not _HOLDERS.isdisjoint(map(type, column)):
            nested = _shape(list(column))
            if nested is None:
                return None
        columns.append((key, nested))
    return tuple(columns)
