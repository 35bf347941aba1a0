"""Reads PDF and DOCX files."""

from __future__ import annotations

import io
import logging
import re
import zipfile
import zlib
from collections.abc import Iterator

import docx
import pypdf
from docx.document import Document as DocxDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table
from docx.text.paragraph import Paragraph
from pypdf.errors import PyPdfError

from optimizer_app.ingest.chunking import Section, paragraphs
from optimizer_app.ingest.readers.headings import Headings
from optimizer_app.ingest.readers.problems import UnreadableDocument

MAX_PAGES = 5_000
# A DOCX is a ZIP: what it holds may be a thousand times as large.
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
_ENCRYPTED = 1
_DOCX_PART = "word/document.xml"
_HEADING = re.compile(r"(?:Heading|heading) (\d)")
# It warns of every odd file.
logging.getLogger("pypdf").setLevel(logging.ERROR)


def read_pdf(data: bytes) -> tuple[str, list[Section]]:
    """Title and pages of a PDF, each page a section."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableDocument("the PDF is encrypted")
        if len(reader.pages) > MAX_PAGES:
            raise UnreadableDocument(f"the PDF has more than {MAX_PAGES:,} pages")
        pages = [page.extract_text() for page in reader.pages]
        title = (reader.metadata.title if reader.metadata else "") or ""
    except UnreadableDocument:
        raise
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise UnreadableDocument("the PDF is broken") from error
    sections = [Section(f"page {at}", paragraphs(text)) for at, text in enumerate(pages, 1) if text.strip()]
    if not sections:
        raise UnreadableDocument("the PDF has no text: it may be scanned")
    return str(title), sections


def is_docx(data: bytes) -> bool:
    """Whether the ZIP archive is a DOCX; a broken one is told as such when it is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _DOCX_PART in archive.namelist()
    except (zipfile.BadZipFile, ValueError):
        raise UnreadableDocument("the DOCX file is broken") from None


def read_docx(data: bytes) -> tuple[str, list[Section]]:
    """Title and sections of a DOCX, by its headings; a table's rows are lines."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if any(item.flag_bits & _ENCRYPTED for item in archive.infolist()):
            raise UnreadableDocument("the DOCX file is encrypted")
        if sum(item.file_size for item in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise UnreadableDocument("the DOCX file is too large once unpacked")
    try:
        document = docx.Document(io.BytesIO(data))
        headings = Headings()
        for level, text in _docx_texts(document):
            headings.add(level, text)
        title = document.core_properties.title or ""
    except (
        PackageNotFoundError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        KeyError,
        AttributeError,
        SyntaxError,
    ) as error:
        raise UnreadableDocument("the DOCX file is broken") from error
    return title, headings.sections()


def _docx_texts(document: DocxDocument) -> Iterator[tuple[int, str]]:
    """Each paragraph and row with the level of the heading that it is; 0 for all others."""
    for item in document.iter_inner_content():
        if isinstance(item, Paragraph):
            found = _HEADING.match(item.style.name or "") if item.style is not None else None
            yield (int(found.group(1)) if found else 0), item.text
        elif isinstance(item, Table):
            rows = (" | ".join(cell.text.strip() for cell in row.cells) for row in item.rows)
            yield 0, "\n".join(rows)
