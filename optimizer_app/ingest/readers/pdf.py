"""Reads PDF files: the text of each page, with its notes, then what was filled in.

A raised or lowered figure is told by its smaller font and its place beside the line: 10^6, CO_2.
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pypdf
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject

from optimizer_app.ingest.chunking import Section, paragraphs
from optimizer_app.ingest.readers.problems import UnreadableDocument
from optimizer_app.ingest.readers.reading import Kind, Reading, Tally
from optimizer_app.ingest.readers.scripts import finished, subscript, superscript

MAX_PAGES = 5_000
_BROKEN = (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError)
# Some fonts have one sign for two letters, which no search would find.
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
# Of the size of the line: a script's font is smaller, and it stands no further than this beside the line.
_SCRIPT_SIZE = 0.85
_SCRIPT_DISTANCE = (0.05, 0.8)
_COMMENTS = frozenset(("/Text", "/Highlight", "/Underline", "/StrikeOut", "/Squiggly", "/Caret"))
# It warns of every odd file.
logging.getLogger("pypdf").setLevel(logging.ERROR)


def read_pdf(data: bytes) -> Reading:
    """The file's text, each page a section; UnreadableDocument where it has none."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableDocument("the PDF is encrypted")
        if len(reader.pages) > MAX_PAGES:
            raise UnreadableDocument(f"the PDF has more than {MAX_PAGES:,} pages")
        return _read(reader)
    except _BROKEN as error:
        raise UnreadableDocument("the PDF is broken") from error
    except RecursionError as error:
        raise UnreadableDocument("the PDF is nested too deeply") from error


def _read(reader: pypdf.PdfReader) -> Reading:
    tally = Tally()
    sections = [section for at, page in enumerate(reader.pages, 1) for section in _page(at, page, tally)]
    sections += _form(reader)
    if not sections:
        raise UnreadableDocument("the PDF has no text: it may be scanned")
    tally[Kind.IMAGES] += _count_images(reader)
    tally[Kind.ATTACHMENTS] += len(reader.attachments)
    title = (reader.metadata.title if reader.metadata else "") or ""
    return Reading.of(str(title), sections, tally)


def _page(at: int, page: pypdf.PageObject, tally: Tally) -> Iterator[Section]:
    texts = (*paragraphs(_text(page)), *_notes(page, tally))
    if texts:
        yield Section(f"page {at}", texts)
    else:
        tally[Kind.PAGES] += 1


def _text(page: pypdf.PageObject) -> str:
    pieces = _Pieces()
    text = page.extract_text(visitor_text=pieces.add)
    with_scripts = pieces.text()
    return (with_scripts if pieces.plain() == text else text).translate(_LIGATURES)


@dataclass(slots=True)
class _Pieces:
    """The pieces of a page's text as they are drawn, each with its size and the height of its line."""

    texts: list[str] = field(default_factory=list)
    places: list[tuple[float, float]] = field(default_factory=list)

    def add(
        self, text: str, base: Sequence[float], matrix: Sequence[float], _font: Any, font_size: float
    ) -> None:
        self.texts.append(text)
        scale = math.hypot(matrix[2], matrix[3]) * math.hypot(base[2], base[3])
        self.places.append((font_size * scale, matrix[5] * base[3] + base[5]))

    def plain(self) -> str:
        return "".join(self.texts)

    def text(self) -> str:
        line: tuple[float, float] | None = None
        written: list[str] = []
        for text, place in zip(self.texts, self.places, strict=True):
            if not text.strip():
                written.append(text)
                continue
            sign = _script(text, place, line, written)
            if sign is None:
                written.append(text)
                line = place
            else:
                written.append(sign)
        return finished("".join(written))


def _script(
    text: str, place: tuple[float, float], line: tuple[float, float] | None, before: Sequence[str]
) -> str | None:
    """The text as a script of the line before it; None where it is none."""
    if line is None or "\n" in text.lstrip(" ") or not before or before[-1].endswith(("\n", " ")):
        return None
    size, height = line
    distance = (place[1] - height) / size if size else 0.0
    if place[0] > _SCRIPT_SIZE * size or not text.strip().isascii():
        return None
    least, most = _SCRIPT_DISTANCE
    if least < abs(distance) < most:
        return (superscript if distance > 0 else subscript)(text.strip())
    # The height may be given in a way that does not show here; small digits within a word are raised.
    return superscript(text) if not distance and text.isdigit() and before[-1][-1:].isalnum() else None


def _notes(page: pypdf.PageObject, tally: Tally) -> Iterator[str]:
    """Texts that were written onto the page; comments on it are counted."""
    for reference in page.get("/Annots") or ():
        note = reference.get_object()
        if not isinstance(note, DictionaryObject):
            continue
        kind, text = note.get("/Subtype"), str(note.get("/Contents") or "").strip()
        if kind == "/FreeText" and text:
            yield text
        elif kind in _COMMENTS and text:
            tally[Kind.COMMENTS] += 1
        elif kind == "/Link" and "/URI" in (note.get("/A") or {}):
            tally[Kind.LINKS] += 1


def _form(reader: pypdf.PdfReader) -> list[Section]:
    """What was filled in: no page's text has it."""
    fields = reader.get_fields() or {}
    filled = ((name, form_field.value) for name, form_field in fields.items())
    lines = [f"{name}: {_value(value)}" for name, value in filled if _value(value)]
    return [Section("form", tuple(lines), "\n")] if lines else []


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_value, value)))
    text = str(value) if isinstance(value, str) else ""
    # A choice that is not taken, and the names of those that are.
    return "" if text == "/Off" else text.removeprefix("/").strip()


def _count_images(reader: pypdf.PdfReader) -> int:
    seen: set[int] = set()
    for page in reader.pages:
        resources = page.get("/Resources")
        objects = resources.get_object().get("/XObject") if resources is not None else None
        for reference in (objects.get_object() if objects is not None else {}).values():
            drawn = reference.get_object()
            if drawn.get("/Subtype") == "/Image":
                seen.add(id(drawn))
    return len(seen)
