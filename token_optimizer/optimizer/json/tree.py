"""A JSON text as a tree of spans, down to the units that are kept or left out as a whole.

A unit is a row of a table, a small value, or a scalar member of a larger object. Spans point into the text,
so whatever is kept is written with its own literals.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from token_optimizer.models import Passage, value_class
from token_optimizer.optimizer.json.detection import json_line_spans, json_span

# An array of at least so many items is a table, and its items are rows unless they are larger than that.
_MIN_ROWS = 6
_LARGEST_ROW_CHARS = 1500
# A nested value up to this size is not taken apart.
_SMALL_CHARS = 100
# Larger arrays and objects are cut by runs of neighbours, so that a million items cost no million units.
_MAX_UNITS = 20_000
_DEEPEST = 12

_SPACE = re.compile(r"[ \t\r\n]*")
_KEY = re.compile(r'("(?:[^"\\]++|\\.)*+")[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_NEXT = re.compile(r"[ \t\r\n]*([,\]}])[ \t\r\n]*")


class Number(str):
    """A number as it is written."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Node:
    """A value in the text. `start` is where its key begins, `value_start` where the value does.

    `value` is the parsed value of a unit; `children` are those of a node that was taken apart. A unit of
    several items of a large array has them as a list, and their number in `items`. `tables` are those
    of the whole tree, once columns.py has worked them out. `is_lines` marks the root of JSON lines,
    `is_column` an array whose items belong to those at the same places of the arrays beside it: it stays or
    goes whole.
    """

    start: int
    value_start: int
    end: int
    value: Any
    key: str = ""
    parent: Node | None = None
    index: int = 0
    items: int = 1
    children: list[Node] = field(default_factory=list)
    is_array: bool = False
    is_lines: bool = False
    is_column: bool = False
    tables: list[Any] | None = None

    @property
    def is_row(self) -> bool:
        """Whether the node is one of the objects of an array."""
        return self.parent is not None and self.parent.is_array and isinstance(self.value, dict)

    def ancestors(self) -> Iterator[Node]:
        """The nodes above, nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def path(self) -> str:
        """The keys that lead here, joined by dots; places in arrays are left out."""
        keys = [self.key, *(node.key for node in self.ancestors())]
        return ".".join(key for key in reversed(keys) if key)

    def units(self) -> Iterator[Node]:
        """The units below, in the order of the text; the node itself where it is one."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.units()


@value_class
class JsonPassage(Passage):
    """A passage that knows its place in the tree of the text."""

    node: Node | None = field(default=None, compare=False, repr=False)


def read_tree(text: str) -> Node | None:
    """The tree of a text that is JSON or JSON lines, which are an array; None for any other text."""
    try:
        if span := json_span(text):
            root = Node(span[0], *span, _scan(text, span[0])[0])
            _take_apart(text, root, 0)
        elif lines := json_line_spans(text):
            root = _root_of_lines(text, lines)
        else:
            return None
    except (StopIteration, ValueError, RecursionError):
        return None
    return root if root.children else None


def written(text: str, node: Node, kept: set[Node]) -> str:
    """The JSON text of the node with only those units below it that are kept."""
    if not node.children:
        return text[node.start : node.end]
    inside = (written(text, child, kept) for child in node.children if child in kept)
    if node.is_lines:
        return "\n".join(inside)
    inner = ",".join(inside)
    return f"{text[node.start : node.value_start]}{text[node.value_start]}{inner}{text[node.end - 1]}"


_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number)
_scan: Callable[[str, int], tuple[Any, int]] = _DECODER.scan_once  # type: ignore[attr-defined]


def _root_of_lines(text: str, lines: Sequence[tuple[int, int]]) -> Node:
    """An array whose items are the lines."""
    root = Node(lines[0][0], lines[0][0], lines[-1][1], None, is_array=True, is_lines=True)
    singles = [
        Node(start, start, end, _scan(text, start)[0], "", root, index)
        for index, (start, end) in enumerate(lines)
    ]
    run = -(-len(singles) // _MAX_UNITS)
    root.children = [_joined(singles[at : at + run]) for at in range(0, len(singles), run)]
    for child in root.children:
        if child.items == 1 and child.end - child.value_start > _LARGEST_ROW_CHARS:
            _take_apart(text, child, 1)
    return root


def _take_apart(text: str, node: Node, depth: int) -> None:
    """Give the node its children, as far down as that pays."""
    if depth >= _DEEPEST or not node.value or not isinstance(node.value, dict | list):
        return
    held = node.value if isinstance(node.value, list) else list(node.value.values())
    node.is_array = isinstance(node.value, list)
    rows = len(held) >= _MIN_ROWS and (node.is_array or all(isinstance(item, dict) for item in held))
    node.children = list(_children(text, node, -(-len(held) // _MAX_UNITS)))
    node.value = None
    length = _column_length(held)
    for child in node.children:
        child.is_column = not node.is_array and isinstance(child.value, list) and len(child.value) == length
        size = child.end - child.value_start
        if child.items == 1 and not child.is_column and size > (_LARGEST_ROW_CHARS if rows else _SMALL_CHARS):
            _take_apart(text, child, depth + 1)


def _column_length(held: Sequence[Any]) -> int:
    """How many items most of the values have where these are lists of scalars; 0 where they are none."""
    lengths = Counter(len(value) for value in held if isinstance(value, list) and not _holds_any(value))
    length, count = lengths.most_common(1)[0] if lengths else (0, 0)
    return length if length >= _MIN_ROWS and count > 1 and 2 * count > len(held) else 0


def _holds_any(value: list[Any]) -> bool:
    return any(isinstance(item, dict | list) for item in value)


def _children(text: str, node: Node, run: int) -> Iterator[Node]:
    """The items or members of the node, each by itself or, in a very large one, so many together."""
    together: list[Node] = []
    for child in _singles(text, node):
        together.append(child)
        if len(together) == run:
            yield _joined(together)
            together = []
    if together:
        yield _joined(together)


def _joined(nodes: list[Node]) -> Node:
    first, last = nodes[0], nodes[-1]
    if first is last:
        return first
    values = [node.value for node in nodes]
    return Node(first.start, first.start, last.end, values, "", first.parent, first.index, len(nodes))


def _singles(text: str, node: Node) -> Iterator[Node]:
    at, index, closing = node.value_start + 1, 0, "]" if node.is_array else "}"
    mark = ","
    while mark != closing:
        start = at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        key = ""
        if not node.is_array:
            named = _KEY.match(text, at)
            if named is None:
                raise ValueError("no key")
            key, at = json.loads(named.group(1)), named.end()
        value, end = _scan(text, at)
        yield Node(start, at, end, value, key, node, index)
        follows = _NEXT.match(text, end)
        if follows is None:
            raise ValueError("no comma")
        mark, at, index = follows.group(1), follows.end(), index + 1
