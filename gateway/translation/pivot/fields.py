"""Reading a caller's body field by field. What nobody reads is refused by name, and never lost silently."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gateway.errors import BadRequest
from gateway.translation.pivot.errors import Untranslatable


class Fields:
    """One object of a body, at `place`. `left_out` gets the names of fields that change no answer."""

    def __init__(self, value: Mapping[str, Any], place: str, left_out: set[str]) -> None:
        self.place = place
        self.left_out = left_out
        self._left = {name: item for name, item in value.items() if item is not None}

    def path(self, name: str) -> str:
        """The name of a field as people write it: `messages[0].content`."""
        return f"{self.place}.{name}" if self.place else name

    def take(self, name: str) -> Any:
        """A value, whatever it is; None where there is none."""
        return self._left.pop(name, None)

    def text(self, name: str) -> str | None:
        return self._typed(name, str, "a string")

    def number(self, name: str) -> float | None:
        return self._typed(name, int | float, "a number")

    def whole_number(self, name: str) -> int | None:
        return self._typed(name, int, "a whole number")

    def flag(self, name: str) -> bool | None:
        value = self._left.pop(name, None)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise BadRequest(f"{self.path(name)} is missing", param=self.path(name))
        return value

    def inner(self, name: str) -> Fields | None:
        """The fields of an object."""
        value = self._typed(name, dict, "an object")
        return None if value is None else Fields(value, self.path(name), self.left_out)

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """An object that goes on as it is."""
        value: Mapping[str, Any] | None = self._typed(name, dict, "an object")
        return value

    def objects(self, name: str) -> list[Fields]:
        """The fields of each object of a list; none where there is no list."""
        values = self._typed(name, list, "a list") or []
        return [self._object_at(name, index, value) for index, value in enumerate(values)]

    def _object_at(self, name: str, index: int, value: object) -> Fields:
        place = f"{self.path(name)}[{index}]"
        if not isinstance(value, dict):
            raise BadRequest(f"{place} must be an object", param=place)
        return Fields(value, place, self.left_out)

    def leave_out(self, *names: str) -> None:
        """Fields that change no answer. Those which say something are noted as left out."""
        for name in names:
            if self._left.pop(name, None) not in (None, False, "", [], {}):
                self.left_out.add(name)

    def ignore_defaults(self, defaults: Mapping[str, Collection[Any]]) -> None:
        """Fields that say nothing where they hold one of these values, and else are refused."""
        for name, values in defaults.items():
            if name in self._left and self._left[name] in values:
                del self._left[name]

    def close(self) -> None:
        """Refuse what was not read."""
        for name in self._left:
            raise Untranslatable(self.path(name))

    def refused(self, name: str, reason: str = "") -> Untranslatable:
        return Untranslatable(self.path(name), reason)

    def _typed(self, name: str, kind: Any, expected: str) -> Any:
        value = self._left.pop(name, None)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise self._wrong(name, expected)
        return value

    def _wrong(self, name: str, expected: str) -> BadRequest:
        return BadRequest(f"{self.path(name)} must be {expected}", param=self.path(name))


def strings(fields: Fields, name: str) -> Iterator[str]:
    """The strings of a field that holds one or a list of them."""
    value = fields.take(name)
    items = value if isinstance(value, list) else [] if value is None else [value]
    for item in items:
        if not isinstance(item, str):
            raise BadRequest(f"{fields.path(name)} must be strings", param=fields.path(name))
        yield item
