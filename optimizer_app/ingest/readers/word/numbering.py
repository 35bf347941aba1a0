"""The numbers of list items and headings, which Word counts and does not store."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from docx.oxml.ns import qn
from lxml.etree import _Element

from optimizer_app.ingest.readers.attributes import whole_number
from optimizer_app.ingest.readers.marks import letters, roman

BULLET = "-"
_LEVEL_NUMBER = re.compile(r"%([1-9])")
_STYLES: dict[str, Callable[[int], str]] = {
    "lowerLetter": letters,
    "upperLetter": lambda number: letters(number).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda number: roman(number).upper(),
    "decimalZero": "{:02}".format,
    "none": lambda _: "",
}


@dataclass(frozen=True, slots=True)
class Level:
    """How the items of one level are numbered: `text` has %1 for the number of the first level, and so on."""

    start: int
    style: str
    text: str
    decimal: bool


class Numbering:
    """The lists of a document, and how far each is counted."""

    def __init__(self, root: _Element | None) -> None:
        self._abstract: dict[str, _Element] = {}
        self._lists: dict[str, _Element] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._known_levels: dict[str, dict[int, Level]] = {}
        self._restarted: set[tuple[str, int]] = set()
        if root is not None:
            for found in root.iterfind(qn("w:abstractNum")):
                self._abstract[found.get(qn("w:abstractNumId"), "")] = found
            for found in root.iterfind(qn("w:num")):
                self._lists[found.get(qn("w:numId"), "")] = found

    def label(self, properties: _Element | None) -> tuple[str, int]:
        """The next label of the list that a paragraph's `numPr` names, and its level; empty without one."""
        list_id, level = _value(properties, "w:numId"), whole_number(_value(properties, "w:ilvl"), 0)
        found = self._lists.get(list_id or "")
        abstract = self._abstract_of(found)
        if found is None or abstract is None:
            return "", 0
        levels = self._levels(list_id or "", found, abstract)
        if level not in levels:
            return "", 0
        counts = self._counts.setdefault(abstract.get(qn("w:abstractNumId"), ""), {})
        self._count(counts, levels, level, found, list_id or "")
        return _written(levels, counts, level), level

    def _count(
        self, counts: dict[int, int], levels: dict[int, Level], level: int, found: _Element, list_id: str
    ) -> None:
        override = found.find(f"{qn('w:lvlOverride')}[@{qn('w:ilvl')}='{level}']/{qn('w:startOverride')}")
        if override is not None and (list_id, level) not in self._restarted:
            self._restarted.add((list_id, level))
            counts[level] = whole_number(override.get(qn("w:val")), 1) - 1
        counts[level] = counts.get(level, levels[level].start - 1) + 1
        for deeper in [known for known in counts if known > level]:
            del counts[deeper]

    def _abstract_of(self, found: _Element | None) -> _Element | None:
        abstract = self._abstract.get(_value(found, "w:abstractNumId") or "")
        # A list style keeps its levels elsewhere.
        link = _value(abstract, "w:numStyleLink")
        if link is None:
            return abstract
        linked = (other for other in self._abstract.values() if _value(other, "w:styleLink") == link)
        return next(linked, abstract)

    def _levels(self, list_id: str, found: _Element, abstract: _Element) -> dict[int, Level]:
        if list_id not in self._known_levels:
            own = found.iterfind(f"{qn('w:lvlOverride')}/{qn('w:lvl')}")
            levels = chain(abstract.iterfind(qn("w:lvl")), own)
            self._known_levels[list_id] = {_place(level): _level(level) for level in levels}
        return self._known_levels[list_id]


def _written(levels: dict[int, Level], counts: dict[int, int], level: int) -> str:
    own = levels[level]
    if own.style == "bullet":
        return BULLET

    def number(found: re.Match[str]) -> str:
        place = int(found.group(1)) - 1
        known = levels.get(place)
        count = counts.get(place, known.start if known else 1)
        return str(count) if known is None or own.decimal else _STYLES.get(known.style, str)(count)

    return _LEVEL_NUMBER.sub(number, own.text).strip()


def _level(level: _Element) -> Level:
    return Level(
        whole_number(_value(level, "w:start"), 1),
        _value(level, "w:numFmt") or "decimal",
        _value(level, "w:lvlText") or "",
        level.find(qn("w:isLgl")) is not None,
    )


def _place(level: _Element) -> int:
    return whole_number(level.get(qn("w:ilvl")), 0)


def _value(owner: _Element | None, name: str) -> str | None:
    found = owner.find(qn(name)) if owner is not None else None
    return found.get(qn("w:val")) if found is not None else None
