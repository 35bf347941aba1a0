"""What the styles of a document say: headings, and how a run of text looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from docx.oxml.ns import qn
from lxml.etree import _Element

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_CONTENTS = re.compile(r"toc \d", re.IGNORECASE)
_OFF = ("0", "false", "off", "none")
_BODY_LEVEL = 9


@dataclass(frozen=True, slots=True)
class Look:
    """How a run looks, as far as that changes what it says. `raised`: `superscript`, `subscript` or empty."""

    raised: str
    hidden: bool
    struck: bool


class Styles:
    """The styles of a document by their ids."""

    def __init__(self, root: _Element | None) -> None:
        found = root.iterfind(qn("w:style")) if root is not None else ()
        self._styles = {style.get(qn("w:styleId"), ""): style for style in found}
        self._values: dict[tuple[str, str], str | None] = {}

    def look(self, run: _Element, paragraph: _Element) -> Look:
        """The look of a run in its paragraph."""
        raised = self._run_value(run, paragraph, "w:vertAlign")
        return Look(
            raised if raised in ("superscript", "subscript") else "",
            self._is_on(run, paragraph, "w:vanish"),
            self._is_on(run, paragraph, "w:strike") or self._is_on(run, paragraph, "w:dstrike"),
        )

    def heading_level(self, paragraph: _Element) -> int:
        """The level of the heading that the paragraph is; 0 for all others."""
        outline = self.paragraph_property(paragraph, "w:outlineLvl")
        for style in self._chain(_style_id(paragraph, "w:pPr", "w:pStyle")):
            if found := _HEADING.fullmatch(_name(style)):
                return int(found.group(1))
        level = int(outline.get(qn("w:val"), _BODY_LEVEL)) if outline is not None else _BODY_LEVEL
        return level + 1 if level < _BODY_LEVEL else 0

    def is_contents(self, paragraph: _Element) -> bool:
        """Whether the paragraph is a line of a table of contents."""
        chain = self._chain(_style_id(paragraph, "w:pPr", "w:pStyle"))
        return any(_CONTENTS.fullmatch(_name(style)) for style in chain)

    def paragraph_property(self, paragraph: _Element, name: str) -> _Element | None:
        """A property of the paragraph: its own, or its style's."""
        for owner in (paragraph, *self._chain(_style_id(paragraph, "w:pPr", "w:pStyle"))):
            found = owner.find(f"{qn('w:pPr')}/{qn(name)}")
            if found is not None:
                return found
        return None

    def _is_on(self, run: _Element, paragraph: _Element, name: str) -> bool:
        value = self._run_value(run, paragraph, name)
        return value is not None and value not in _OFF

    def _run_value(self, run: _Element, paragraph: _Element, name: str) -> str | None:
        """The value of a run's property: its own, its style's, or that of the paragraph's style."""
        own = _value(run, name)
        if own is not None:
            return own
        run_style = _style_id(run, "w:rPr", "w:rStyle")
        styled = self._style_value(run_style, name)
        if styled is not None:
            return styled
        return self._style_value(_style_id(paragraph, "w:pPr", "w:pStyle"), name)

    def _style_value(self, style_id: str | None, name: str) -> str | None:
        """The value of a run's property in a style, found once for all runs."""
        if style_id is None:
            return None
        if (style_id, name) not in self._values:
            values = (_value(style, name) for style in self._chain(style_id))
            self._values[style_id, name] = next((value for value in values if value is not None), None)
        return self._values[style_id, name]

    def _chain(self, style_id: str | None) -> Iterator[_Element]:
        """The style, and those that it is based on."""
        seen: set[str] = set()
        while style_id is not None and style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            style = self._styles[style_id]
            yield style
            based_on = style.find(qn("w:basedOn"))
            style_id = based_on.get(qn("w:val")) if based_on is not None else None


def _style_id(owner: _Element, properties: str, name: str) -> str | None:
    found = owner.find(f"{qn(properties)}/{qn(name)}")
    return found.get(qn("w:val")) if found is not None else None


def _value(owner: _Element, name: str) -> str | None:
    found = owner.find(f"{qn('w:rPr')}/{qn(name)}")
    return found.get(qn("w:val"), "1") if found is not None else None


def _name(style: _Element) -> str:
    found = style.find(qn("w:name"))
    return found.get(qn("w:val"), "") if found is not None else ""
