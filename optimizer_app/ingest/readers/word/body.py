"""The paragraphs and tables of a part of a DOCX file, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from docx.oxml.ns import qn
from lxml.etree import QName, _Element

from optimizer_app.ingest.readers.formulas import linear
from optimizer_app.ingest.readers.reading import Kind, Tally
from optimizer_app.ingest.readers.scripts import finished
from optimizer_app.ingest.readers.word.numbering import BULLET, Numbering
from optimizer_app.ingest.readers.word.styles import Styles
from optimizer_app.ingest.readers.word.text import MATH, ParagraphText, chosen, is_placeholder

# A heading's level, or 0, and a text.
Block = tuple[int, str]
_CONTENTS = "Table of Contents"
# The paragraph's own mark was deleted, and so the paragraph.
_DELETED_MARK = f"{qn('w:pPr')}/{qn('w:rPr')}/{qn('w:del')}"
_AROUND_ROWS = ("sdt", "sdtContent", "customXml", "ins")


@dataclass(slots=True)
class Body:
    """Reads the parts of one document. `notes`: footnotes and endnotes by kind of reference and id."""

    styles: Styles
    numbering: Numbering
    tally: Tally
    notes: Mapping[tuple[str, str], _Element] = field(default_factory=dict)

    def blocks(self, parent: _Element) -> Iterator[Block]:
        """The blocks of a body, a cell, a text box, a header or a note."""
        for child in parent:
            if isinstance(child.tag, str):
                yield from self._block(child)

    def _block(self, element: _Element) -> Iterator[Block]:
        name = QName(element).localname
        if name == "p":
            yield from self._paragraph(element)
        elif name == "tbl":
            yield from self._table(element)
        elif name == "sdt":
            yield from self._content_control(element)
        elif name in ("ins", "moveTo", "customXml", "smartTag"):
            yield from self.blocks(element)
        elif name == "AlternateContent":
            yield from self.blocks(chosen(element))
        elif name in ("del", "moveFrom"):
            self.tally[Kind.DELETED] += 1
        elif element.tag.startswith(MATH):
            yield 0, finished(linear(element))
        elif name == "altChunk":
            self.tally[Kind.EMBEDDED] += 1

    def _content_control(self, element: _Element) -> Iterator[Block]:
        gallery = element.find(f"{qn('w:sdtPr')}/{qn('w:docPartObj')}/{qn('w:docPartGallery')}")
        content = element.find(qn("w:sdtContent"))
        if content is None:
            return
        if gallery is not None and gallery.get(qn("w:val")) == _CONTENTS:
            self.tally[Kind.CONTENTS] += sum(1 for _ in content.iter(qn("w:p")))
        elif is_placeholder(element):
            self.tally[Kind.PLACEHOLDERS] += 1
        else:
            yield from self.blocks(content)

    def _paragraph(self, element: _Element) -> Iterator[Block]:
        if self.styles.is_contents(element):
            self.tally[Kind.CONTENTS] += 1
            return
        reader = ParagraphText(element, self.styles, self.tally)
        text = self._labelled(element, reader.read())
        if text:
            yield self.styles.heading_level(element), text
        for box in reader.boxes:
            yield from self.blocks(box)
        for note in reader.notes:
            yield from self._note(note)

    def _labelled(self, paragraph: _Element, text: str) -> str:
        """The text after its number. An empty item counts, one that was deleted does not."""
        if not text and paragraph.find(_DELETED_MARK) is not None:
            return ""
        label, level = self.numbering.label(self.styles.paragraph_property(paragraph, "w:numPr"))
        if not label or not text:
            return text
        return f"{'  ' * level if label == BULLET else ''}{label} {text}"

    def _note(self, key: tuple[str, str]) -> Iterator[Block]:
        note = self.notes.get(key)
        if note is not None:
            texts = " ".join(text for _, text in self.blocks(note))
            yield 0, f"[{'^' if key[0] == 'footnoteReference' else 'endnote '}{key[1]}]: {texts}"

    def _table(self, table: _Element) -> Iterator[Block]:
        """Rows as lines; a table of a single cell is a frame around its blocks."""
        rows = list(self._rows(table))
        cells = [cell for row in rows for cell in _children(row, "w:tc")]
        if len(cells) == 1:
            yield from self.blocks(cells[0])
            return
        above: dict[int, str] = {}
        lines = (" | ".join(self._row(row, above)) for row in rows)
        yield 0, "\n".join(line for line in lines if line.strip(" |"))

    def _rows(self, table: _Element) -> Iterator[_Element]:
        for row in _children(table, "w:tr"):
            if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is None:
                yield row
            else:
                self.tally[Kind.DELETED] += 1

    def _row(self, row: _Element, above: dict[int, str]) -> list[str]:
        """The cells' texts. `above` has those that reach down from the rows before, by column."""
        texts: list[str] = []
        column = _value(row, "w:trPr", "w:gridBefore", 0)
        for cell in _children(row, "w:tc"):
            merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
            if merge is not None and merge.get(qn("w:val"), "continue") == "continue":
                text = above.get(column, "")
            else:
                text = self._cell(cell)
            above[column] = text if merge is not None else ""
            texts.append(text)
            column += _value(cell, "w:tcPr", "w:gridSpan", 1)
        return texts

    def _cell(self, cell: _Element) -> str:
        if cell.find(f"{qn('w:tcPr')}/{qn('w:cellDel')}") is not None:
            self.tally[Kind.DELETED] += 1
            return ""
        lines = [line.strip() for _, text in self.blocks(cell) for line in text.split("\n")]
        return "; ".join(line for line in lines if line)


def _children(parent: _Element, name: str) -> Iterator[_Element]:
    """The rows of a table or the cells of a row, those within content controls among them."""
    for child in parent:
        if child.tag == qn(name):
            yield child
        elif isinstance(child.tag, str) and QName(child).localname in (
            "sdt",
            "sdtContent",
            "customXml",
            "ins",
        ):
            yield from _children(child, name)


def _value(owner: _Element, properties: str, name: str, default: int) -> int:
    found = owner.find(f"{qn(properties)}/{qn(name)}")
    text = found.get(qn("w:val"), "") if found is not None else ""
    return int(text) if text.isdecimal() else default
