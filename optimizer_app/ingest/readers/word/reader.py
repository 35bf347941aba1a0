"""Reads a DOCX file: its body by its headings, then its headers and footers."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

import docx
from docx.document import Document as DocxDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml.etree import _Element

from optimizer_app.ingest.chunking import Section
from optimizer_app.ingest.readers.headings import Headings
from optimizer_app.ingest.readers.problems import UnreadableDocument
from optimizer_app.ingest.readers.reading import Reading, Tally
from optimizer_app.ingest.readers.word.body import Body
from optimizer_app.ingest.readers.word.numbering import Numbering
from optimizer_app.ingest.readers.word.styles import Styles

# A DOCX is a ZIP: what it holds may be a thousand times as large.
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
_ENCRYPTED = 1
_BODY_PART = "word/document.xml"
_BROKEN = (
    PackageNotFoundError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, AttributeError,
    SyntaxError,
)  # fmt: skip


def is_docx(data: bytes) -> bool:
    """Whether the ZIP archive is a DOCX; UnreadableDocument where the archive is broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _BODY_PART in archive.namelist()
    except (zipfile.BadZipFile, ValueError):
        raise UnreadableDocument("the DOCX file is broken") from None


def read_docx(data: bytes) -> Reading:
    """The file's text; UnreadableDocument where it has none."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if any(item.flag_bits & _ENCRYPTED for item in archive.infolist()):
            raise UnreadableDocument("the DOCX file is encrypted")
        if sum(item.file_size for item in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise UnreadableDocument("the DOCX file is too large once unpacked")
    try:
        return _read(docx.Document(io.BytesIO(data)))
    except _BROKEN as error:
        raise UnreadableDocument("the DOCX file is broken") from error
    except RecursionError as error:
        raise UnreadableDocument("the DOCX file is nested too deeply") from error


def _read(document: DocxDocument) -> Reading:
    tally = Tally()
    styles, numbering = Styles(_root(document, "styles")), Numbering(_root(document, "numbering"))
    body = Body(styles, numbering, tally, dict(_notes(document)))
    headings = Headings()
    for level, text in body.blocks(document.element.body):
        headings.add(level, text)
    sections = [*headings.sections(), *_headers_and_footers(document, body)]
    return Reading.of(document.core_properties.title or "", sections, tally)


def _headers_and_footers(document: DocxDocument, body: Body) -> Iterator[Section]:
    """Each text once: most sections of a document have those of the section before."""
    seen: set[tuple[str, ...]] = set()
    for name in ("header", "footer"):
        for reference in document.element.body.iter(qn(f"w:{name}Reference")):
            part = document.part.rels[reference.get(qn("r:id"))].target_part
            texts = tuple(text for _, text in body.blocks(_element(part)))
            # A page number alone says nothing.
            if texts not in seen and any(map(str.isalpha, "".join(texts))):
                seen.add(texts)
                yield Section(name, texts)


def _notes(document: DocxDocument) -> Iterator[tuple[tuple[str, str], _Element]]:
    for name in ("footnote", "endnote"):
        root = _root(document, f"{name}s")
        for note in root.iterfind(qn(f"w:{name}")) if root is not None else ():
            yield (f"{name}Reference", note.get(qn("w:id"), "")), note


def _root(document: DocxDocument, name: str) -> _Element | None:
    """The root of the part of this name; None where the document has none."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{name}") and not relation.is_external:
            return _element(relation.target_part)
    return None


def _element(part: Part) -> _Element:
    root = getattr(part, "element", None)
    return parse_xml(part.blob) if root is None else root
