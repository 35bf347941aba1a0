"""From a file's bytes to chunks. What a file is, its content tells first, then its name and media type."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import PurePath

import charset_normalizer

from optimizer_app.ingest.chunking import Chunk, Section, chunks_of
from optimizer_app.ingest.readers.pdf import read_pdf
from optimizer_app.ingest.readers.problems import UnreadableDocument
from optimizer_app.ingest.readers.reading import LeftOut, Reading
from optimizer_app.ingest.readers.texts import (
    SOURCE_ENDINGS,
    code_sections,
    csv_sections,
    json_sections,
    markdown_sections,
)
from optimizer_app.ingest.readers.web.reader import read_html
from optimizer_app.ingest.readers.word.reader import is_docx, read_docx

__all__ = ["Chunk", "ReadDocument", "ReadText", "UnreadableDocument", "cut", "read_document", "read_text"]

MAX_CHARS = 20_000_000
MAX_CHUNKS = 20_000
_MEDIA_TYPES = {
    ".md": "text/markdown", ".markdown": "text/markdown", ".html": "text/html", ".htm": "text/html",
    ".csv": "text/csv", ".tsv": "text/csv", ".json": "application/json", ".jsonl": "application/json",
    ".txt": "text/plain", ".rst": "text/plain", ".log": "text/plain",
}  # fmt: skip
# What Office wraps an encrypted file in, and what its formats before 2007 are.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# UTF-32 before UTF-16: one's mark begins with the other's.
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip
_GUESSED_FROM_BYTES = 200_000
_DECLARED = re.compile(
    rb"""(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,200}?encoding)\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE
)
_DECLARED_WITHIN = 4_096
_HTML_OPENS = ("<!doctype html", "<html")
# A file in a known encoding has none of these; UTF-16 has many.
_BINARY_SHARE = 0.1
_MOSTLY = 0.7
_NO_TEXT = "not a text, PDF or DOCX file"


@dataclass(frozen=True, slots=True)
class ReadText:
    """A file before it is cut: its title, where it has one, its media type, its sections in order, and what
    the reader left out on purpose."""

    title: str
    media_type: str
    sections: tuple[Section, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A file in chunks: its title, where it has one, its media type, its chunks in order, and what the reader
    left out on purpose."""

    title: str
    media_type: str
    chunks: tuple[Chunk, ...]
    left_out: tuple[LeftOut, ...] = ()


def read_document(data: bytes, *, name: str = "", media_type: str = "") -> ReadDocument:
    """The file as chunks. UnreadableDocument says why it has none, in words for people."""
    return cut(read_text(data, name=name, media_type=media_type))


def read_text(data: bytes, *, name: str = "", media_type: str = "") -> ReadText:
    """The file's text; UnreadableDocument where it has none."""
    found_type, reading = _reading(data, name, media_type)
    if sum(len(section.text) for section in reading.sections) > MAX_CHARS:
        raise UnreadableDocument(f"the text is longer than {MAX_CHARS:,} characters")
    return ReadText(reading.title, found_type, reading.sections, reading.left_out)


def cut(text: ReadText) -> ReadDocument:
    """The text as chunks; UnreadableDocument where they would be none, or too many."""
    chunks = chunks_of(text.sections)
    if not chunks:
        raise UnreadableDocument("the file has no text")
    if len(chunks) > MAX_CHUNKS:
        raise UnreadableDocument(f"{len(chunks):,} chunks are more than {MAX_CHUNKS:,}: split the file")
    return ReadDocument(text.title, text.media_type, tuple(chunks), text.left_out)


def _reading(data: bytes, name: str, media_type: str) -> tuple[str, Reading]:
    """The media type of the file, and its text."""
    if not data.strip():
        raise UnreadableDocument("the file is empty")
    if data.startswith(b"%PDF-"):
        return "application/pdf", read_pdf(data)
    if data.startswith(b"PK\x03\x04"):
        if not is_docx(data):
            raise UnreadableDocument("the file is a ZIP archive, and no DOCX")
        return "application/vnd.openxmlformats-officedocument.wordprocessingml.document", read_docx(data)
    if data.startswith(_OLE):
        raise UnreadableDocument("the file is encrypted, or of an old Office format: save it as DOCX or PDF")
    text = _decoded(data)
    kind = _text_kind(text, name, media_type)
    return kind, _text_reading(text, kind, name)


def _text_kind(text: str, name: str, media_type: str) -> str:
    ending = PurePath(name).suffix.lower()
    if text.lstrip()[:20].lower().startswith(_HTML_OPENS):
        return "text/html"
    if ending in SOURCE_ENDINGS:
        return "text/x-source"
    declared = media_type.partition(";")[0].strip().lower()
    return _MEDIA_TYPES.get(ending) or (declared if declared in _MEDIA_TYPES.values() else "text/plain")


def _text_reading(text: str, kind: str, name: str) -> Reading:
    if kind == "text/html":
        return read_html(text)
    if kind == "text/csv":
        return Reading.of("", csv_sections(text))
    if kind == "application/json":
        return Reading.of("", json_sections(text))
    if kind == "text/x-source":
        return Reading.of(PurePath(name).name, code_sections(text))
    return Reading.of(*markdown_sections(text))


def _decoded(data: bytes) -> str:
    """The text in its encoding: a mark at its start tells, or UTF-8 fits, or it is guessed."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if data.count(b"\x00") > _BINARY_SHARE * len(data) / 10:
        return _decoded_wide(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if declared := _declared_encoding(data):
            return data.decode(declared, "replace")
        # The other lines are the same in nearly all encodings.
        telling = b"\n".join(line for line in data.splitlines() if not line.isascii())
        guess = charset_normalizer.from_bytes(telling[:_GUESSED_FROM_BYTES]).best()
    if guess is None:
        raise UnreadableDocument(_NO_TEXT)
    return data.decode(guess.encoding, "replace")


def _declared_encoding(data: bytes) -> str:
    """The encoding that an HTML or XML file names in its head; empty where it names none that is known."""
    found = _DECLARED.search(data[:_DECLARED_WITHIN])
    try:
        return codecs.lookup(found.group(1).decode("ascii")).name if found else ""
    except (LookupError, ValueError):
        return ""


def _decoded_wide(data: bytes) -> str:
    """UTF-16 without its mark: every other byte is null where the text is Latin."""
    for encoding, high_bytes in (("utf-16-le", data[1::2]), ("utf-16-be", data[::2])):
        if high_bytes.count(b"\x00") > _MOSTLY * len(high_bytes):
            text = data.decode(encoding, "replace")
            if "\x00" not in text:
                return text
    raise UnreadableDocument(_NO_TEXT)
