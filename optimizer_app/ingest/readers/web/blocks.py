"""The blocks of a page in order: paragraphs, headings, lists, tables.

A list is one text with its marks, a table has its rows as lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lxml.html import HtmlElement

from optimizer_app.ingest.readers.attributes import whole_number
from optimizer_app.ingest.readers.formulas import linear
from optimizer_app.ingest.readers.reading import Kind, Tally
from optimizer_app.ingest.readers.scripts import finished, subscript, superscript
from optimizer_app.ingest.readers.web.elements import (
    BLOCK_TAGS,
    BLOCKS,
    EMBEDDED,
    HEADINGS,
    LISTS,
    NO_TEXT,
    TABLE_CELLS,
    TABLE_PARTS,
    has,
    holds_only,
    is_copy_of_formula,
    reason_to_leave_out,
)
from optimizer_app.ingest.readers.web.lines import fill, hanging, items, preformatted

_SPACE = re.compile(r"[ \t\r\n\f]+")
_AROUND_BREAK = re.compile(r" *\n *")
_MAX_COLUMNS = 1_000

Add = Callable[[int, str], None]


class Blocks:
    """Collects inline text into one line, and gives it away where a block begins or ends."""

    def __init__(self, add: Add, tally: Tally) -> None:
        self._add = add
        self._tally = tally
        self._line: list[str] = []

    def read(self, element: HtmlElement) -> None:
        """All that the element holds."""
        self._content(element)
        self._end()

    def _content(self, element: HtmlElement) -> None:
        self._text(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self._element(child)
            self._text(child.tail)

    def _text(self, text: str | None) -> None:
        if text:
            self._line.append(_SPACE.sub(" ", text))

    def _end(self, level: int = 0) -> None:
        text, self._line = "".join(self._line), []
        text = _AROUND_BREAK.sub("\n", re.sub(" {2,}", " ", finished(text))).strip()
        if text:
            self._add(level, text)

    def _element(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in NO_TEXT:
            return
        if kind := reason_to_leave_out(element):
            self._tally[kind] += bool(element.text_content().strip())
        elif tag in HEADINGS:
            self._block(lambda: self._heading(element))
        elif tag in LISTS:
            self._block(lambda: self._list(element))
        elif tag == "dl":
            self._block(lambda: self._definitions(element))
        elif tag == "table":
            self._block(lambda: self._table(element))
        elif tag in ("pre", "listing", "xmp"):
            self._block(lambda: self._add(0, preformatted(element)))
        elif tag in BLOCKS:
            self._block(lambda: self._content(element))
        else:
            self._inline(element)

    def _block(self, read: Callable[[], None]) -> None:
        self._end()
        read()
        self._end()

    def _inline(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag == "br":
            self._line.append("\n")
        elif tag == "img":
            self._image(element)
        elif tag == "math" or tag.endswith(":math"):
            self._line.append(linear(element))
        elif tag == "svg":
            self._tally[Kind.IMAGES] += 1
        elif tag in EMBEDDED:
            self._tally[Kind.EMBEDDED] += 1
        elif tag == "input":
            self._tally[Kind.FORMS] += element.get("type") != "hidden"
        elif tag in _MARKS and not has(element, BLOCK_TAGS):
            self._marked(element)
        elif not is_copy_of_formula(element):
            self._tally[Kind.LINKS] += tag == "a" and "href" in element.attrib
            self._content(element)

    def _marked(self, element: HtmlElement) -> None:
        """The element's text, with signs that it is raised, lowered, struck out or quoted."""
        before, self._line = self._line, []
        self._content(element)
        inside, self._line = "".join(self._line), before
        self._line.append(_MARKS[element.tag](inside) if inside.strip() else inside)

    def _image(self, element: HtmlElement) -> None:
        description = (element.get("alt") or "").strip()
        if description:
            self._text(f"[image: {description}]")
        else:
            self._tally[Kind.IMAGES] += 1

    def _heading(self, element: HtmlElement) -> None:
        self._content(element)
        # A line break within a heading is a matter of looks.
        self._line = [text.replace("\n", " ") for text in self._line]
        self._end(HEADINGS[element.tag])

    def _list(self, element: HtmlElement) -> None:
        if has(element, HEADINGS) or not holds_only(element, (), ("li", *LISTS)):
            self._content(element)
            return
        lines: list[str] = []
        for mark, item in items(element):
            lines += hanging(mark, self._texts(item))
        self._add(0, "\n".join(lines))

    def _definitions(self, element: HtmlElement) -> None:
        if has(element, HEADINGS) or not holds_only(element, ("div",), ("dt", "dd")):
            self._content(element)
            return
        lines: list[str] = []
        for item in element.iter("dt", "dd"):
            if next(item.iterancestors("dl", "dt", "dd")) is element:
                lines += hanging("" if item.tag == "dt" else ":", self._texts(item))
        self._add(0, "\n".join(lines))

    def _table(self, element: HtmlElement) -> None:
        """Rows as lines; a table that lays out a page is read block by block."""
        if has(element, ("table", *HEADINGS)) or not holds_only(element, TABLE_PARTS, TABLE_CELLS):
            self._content(element)
            return
        for caption in element.iter("caption"):
            self.read(caption)
        rows = (" | ".join(cells) for cells in self._rows(element))
        self._add(0, "\n".join(row for row in rows if row.strip(" |")))

    def _rows(self, table: HtmlElement) -> Iterator[list[str]]:
        """The cells of each row; one that spans rows stands in each of them."""
        spanning: dict[int, tuple[int, str]] = {}
        for row in table.iter("tr"):
            if reason_to_leave_out(row):
                self._tally[Kind.HIDDEN] += 1
                continue
            cells: list[str] = []
            for cell in row.iterchildren("td", "th"):
                fill(cells, spanning)
                text = "; ".join("; ".join(self._texts(cell)).split("\n"))
                if (height := whole_number(cell.get("rowspan"), 1)) > 1:
                    spanning[len(cells)] = (height - 1, text)
                cells.append(text)
                cells += [""] * min(whole_number(cell.get("colspan"), 1) - 1, _MAX_COLUMNS)
            fill(cells, spanning)
            yield cells

    def _texts(self, element: HtmlElement) -> list[str]:
        """The element's blocks, headings among them."""
        if kind := reason_to_leave_out(element):
            self._tally[kind] += bool(element.text_content().strip())
            return []
        texts: list[str] = []
        blocks = Blocks(lambda _, text: texts.append(text), self._tally)
        if element.tag in LISTS:
            blocks._list(element)
        else:
            blocks.read(element)
        return texts


_MARKS: dict[str, Callable[[str], str]] = {
    "sup": superscript,
    "sub": subscript,
    "s": "~~{}~~".format,
    "strike": "~~{}~~".format,
    "q": "“{}”".format,
    "rt": " ({}) ".format,
}
