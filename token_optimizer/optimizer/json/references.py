"""Says a repeated object of a JSON text once: later ones become JSON references to the first.

`{"$ref":"#/0/owner"}` stands for the object at that place (RFC 6901), as in JSON Schema and OpenAPI; members
beside `$ref` replace those of that object. A text that has a `$ref` of its own stays as it is.

Before: [{"owner":{"login":"ann","url":"https://…"},"sender":{"login":"ann","url":"https://…"}}]
After:  [{"owner":{"login":"ann","url":"https://…"},"sender":{"$ref":"#/0/owner"}}]
"""

from __future__ import annotations

from typing import Any

from token_optimizer.optimizer.json.literals import UnfaithfulError, Value, literal_decoder, unique_members
from token_optimizer.optimizer.json.written import compact, leaf

REFERENCE = "$ref"
# Smaller objects are not worth following a reference for.
_MIN_CHARS = 100
# An object that differs in some members is written as those, where they are at most this share of it.
_MAX_DIFFERENT = 0.5
# Objects of one list with the same keys are rows of a table from so many on: TOON says their keys once.
_MIN_ROWS = 6
_MAX_COMPARED = 4


def with_references(text: str) -> str | None:
    """The JSON text without whitespace and with references; None where nothing is repeated."""
    try:
        writer = _Writer(literal_decoder(_Interned()).decode(text))
    except (ValueError, RecursionError):
        return None
    return writer.text if writer.references else None


def expand_references(text: str) -> str:
    """The JSON text from which `with_references` made this one, without its whitespace."""
    root = literal_decoder(unique_members).decode(text)
    return compact(_expanded(root, root))


def _expanded(value: Value, root: Value) -> Value:
    if isinstance(value, list):
        return [_expanded(item, root) for item in value]
    if not isinstance(value, dict):
        return value
    if REFERENCE not in value:
        return {key: _expanded(held, root) for key, held in value.items()}
    target = _at(value[REFERENCE], root)
    return {key: _expanded(value.get(key, held), root) for key, held in target.items()}


def _at(pointer: str, root: Value) -> Value:
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        root = root[int(key)] if isinstance(root, list) else root[key]
    return root


class _Interned:
    """Makes equal objects one object while they are read, so that they can be compared by identity."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], dict[str, Value]] = {}

    def __call__(self, pairs: list[tuple[str, Value]]) -> dict[str, Value]:
        identity = tuple((key, _identity(value)) for key, value in pairs)
        known = self._known.get(identity)
        if known is None:
            known = self._known[identity] = unique_members(pairs)
            # However the key is escaped: what is read back would be followed as a reference.
            if REFERENCE in known:
                raise UnfaithfulError(f"a {REFERENCE} of the text's own")
        return known


def _identity(value: Value) -> Any:
    """What two values have in common only if they are the same; objects have been interned."""
    if isinstance(value, dict):
        return id(value), 0
    if isinstance(value, list):
        return tuple(_identity(item) for item in value), 1
    return value


class _Writer:
    """Writes a value with references to what it has written before."""

    def __init__(self, value: Value) -> None:
        self.references = 0
        self._sizes: dict[int, int] = {}
        self._places: dict[int, str] = {}
        self._alike: dict[tuple[str, ...], list[dict[str, Value]]] = {}
        self._out: list[str] = []
        self._write(value, "#", may_refer=False)
        self.text = "".join(self._out)

    def _write(self, value: Value, place: str, *, may_refer: bool = True) -> None:
        if isinstance(value, dict):
            self._write_object(value, place, may_refer=may_refer)
        elif isinstance(value, list):
            self._write_list(value, place)
        else:
            self._out.append(leaf(value))

    def _write_list(self, items: list[Value], place: str) -> None:
        table = len(items) >= _MIN_ROWS and _is_table(items)
        self._out.append("[")
        for index, item in enumerate(items):
            if index:
                self._out.append(",")
            self._write(item, f"{place}/{index}", may_refer=not table)
        self._out.append("]")

    def _write_object(self, value: dict[str, Value], place: str, *, may_refer: bool) -> None:
        if may_refer and self._size(value) >= _MIN_CHARS:
            known = self._places.get(id(value))
            like, different = (value, []) if known is not None else self._nearest(value)
            if like is not None:
                self.references += 1
                named = [(REFERENCE, self._places[id(like)]), *((key, value[key]) for key in different)]
                self._write_members(named, place)
                return
            self._places[id(value)] = place
            self._alike.setdefault(tuple(value), []).append(value)
        self._write_members(list(value.items()), place)

    def _write_members(self, members: list[tuple[str, Value]], place: str) -> None:
        self._out.append("{")
        for number, (key, held) in enumerate(members):
            self._out.append(f"{',' if number else ''}{leaf(key)}:")
            self._write(held, f"{place}/{_escaped(key)}")
        self._out.append("}")

    def _nearest(self, value: dict[str, Value]) -> tuple[dict[str, Value] | None, list[str]]:
        """What was written with the same keys and differs least, and the keys in which it does."""
        best: tuple[dict[str, Value] | None, list[str]] = (None, [])
        least = _MAX_DIFFERENT * self._size(value)
        for other in self._alike.get(tuple(value), [])[:_MAX_COMPARED]:
            different = [key for key in value if _identity(value[key]) != _identity(other[key])]
            size = sum(len(key) + 4 + self._size(value[key]) for key in different)
            if size < least:
                best, least = (other, different), size
        return best

    def _size(self, value: Value) -> int:
        """About how many characters the value takes."""
        if isinstance(value, str | bytes):
            return len(value) + 2
        if not isinstance(value, dict | list):
            return 4
        known = self._sizes.get(id(value))
        if known is None:
            held = value.values() if isinstance(value, dict) else value
            keys = sum(map(len, value)) + 4 * len(value) if isinstance(value, dict) else len(value)
            known = self._sizes[id(value)] = 2 + keys + sum(map(self._size, held))
        return known


def _is_table(items: list[Value]) -> bool:
    first = items[0]
    return isinstance(first, dict) and all(
        isinstance(item, dict) and item.keys() == first.keys() for item in items
    )


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
