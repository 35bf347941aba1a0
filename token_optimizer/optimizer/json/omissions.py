"""The JSON text with only the passages that are kept, after a line that says what was left out.

Before: [{"id":1,"ok":true},{"id":2,"ok":true}, ... {"id":99,"ok":false}]
After:  [… 96 of 99 items left out. All had: id 1–99; ok true ×98, false ×1]
        [{"id":1,"ok":true},{"id":2,"ok":true},{"id":99,"ok":false}]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from token_optimizer.models import Passage
from token_optimizer.optimizer.json.columns import Column, tables_of
from token_optimizer.optimizer.json.tree import JsonPassage, Node, written
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import json_marker

# Names and summaries up to so many: the line shall stay short beside what it stands for.
_MAX_KEYS = 12
_MAX_LISTS = 4
_MAX_COUNTED = 5
_MIN_SUMMED_ROWS = 20
_MAX_SUMMARY_CHARS = 240
_LONG_CHARS = 32


def keep_json_passages(
    source: MarkedText,
    passages: Sequence[Passage],
    kept: frozenset[int],
    shortened: Callable[[str], str] = str,
) -> MarkedText:
    """The JSON with the kept units, `shortened`, and a line before it; the line alone where none is kept."""
    units = [passage.node for passage in passages if isinstance(passage, JsonPassage) and passage.node]
    root = [*units[0].ancestors()][-1]
    staying = {node for index in kept for node in (units[index], *units[index].ancestors())}
    gone = _outermost(units, staying)
    if not gone:
        return source
    text = source.text
    marker = json_marker(
        _amounts(gone, units),
        sum(node.items for node in gone),
        "\n".join(text[node.start : node.end] for node in gone),
        _summary(root, units, staying),
    )
    body = shortened(written(text, root, staying)) if kept else ""
    return joined([text[: root.start], marker, f"\n{body}{text[root.end :]}"])


def _outermost(units: Sequence[Node], staying: set[Node]) -> list[Node]:
    """The largest nodes of which nothing stays, each once, in order."""
    found: dict[Node, None] = {}
    for unit in units:
        if unit in staying:
            continue
        top = unit
        while top.parent is not None and top.parent.parent is not None and top.parent not in staying:
            top = top.parent
        found[top] = None
    return list(found)


def _amounts(nodes: Sequence[Node], units: Sequence[Node]) -> list[str]:
    """What went, in a few words: items by their list, then members by their key."""
    lists: Counter[str] = Counter()
    sizes: dict[str, int] = {}
    keys: Counter[str] = Counter()
    counted: set[Node] = set()
    for node in nodes:
        parent = node.parent
        if parent is None or not parent.is_array:
            keys[_short(node.key) or "…"] += node.items
            continue
        path = _short(parent.path())
        lists[path] += node.items
        if parent not in counted:
            counted.add(parent)
            sizes[path] = sizes.get(path, 0) + sum(child.items for child in parent.children)
    return [*_of_lists(lists, sizes), *_of_keys(keys)]


def _of_lists(lists: Counter[str], sizes: dict[str, int]) -> list[str]:
    most = lists.most_common(_MAX_LISTS)
    said = [f"{count} of {sizes[path]} items" + (f" of {path}" if path else "") for path, count in most]
    rest = sum(lists.values()) - sum(count for _, count in most)
    return [*said, f"{rest} items of other lists"] if rest else said


def _of_keys(keys: Counter[str]) -> list[str]:
    if not keys:
        return []
    most = keys.most_common(_MAX_KEYS)
    said = ", ".join(key if count == 1 else f"{key} ×{count}" for key, count in most)
    rest = sum(keys.values()) - sum(count for _, count in most)
    return [f"keys {said}" + (f" and {rest} more" if rest else "")]


def _summary(root: Node, units: Sequence[Node], staying: set[Node]) -> str:
    """Ranges and counts of the longest table; empty where few rows were left out of it."""
    table = next(iter(tables_of(root, units)), None)
    if table is None or sum(units[place] not in staying for place in table.places) < _MIN_SUMMED_ROWS:
        return ""
    said, chars = [], 0
    for column in table.columns:
        words = _said_of(column)
        chars += len(words)
        if words and chars <= _MAX_SUMMARY_CHARS:
            said.append(words)
    return "; ".join(said)


def _said_of(column: Column) -> str:
    """The values of a column with their counts where they are few, else the range of numbers and dates."""
    most = column.counts.most_common(_MAX_COUNTED + 1)
    extremes = column.extremes()
    if 0 < len(most) <= _MAX_COUNTED and all(len(value) <= _LONG_CHARS for value, _ in most):
        words = ", ".join(f"{_short(value) or 'none'} ×{count}" for value, count in most)
    elif extremes is not None:
        words = f"{column.texts[extremes[0]]}–{column.texts[extremes[1]]}"
    else:
        words = f"{len(column.counts)} values" if most else ""
    return f"{_short(column.key)} {words}" if words else ""


def _short(name: str) -> str:
    """A key or value as it fits into the line."""
    line = " ".join(name.split())
    return line if len(line) <= _LONG_CHARS else line[:_LONG_CHARS] + "…"
