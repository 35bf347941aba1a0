"""From a file's bytes to chunks. What a file is, its content tells first, then its name and media type."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

import charset_normalizer

from optimizer_app.ingest.chunking import Chunk, Section, chunks_of
from optimizer_app.ingest.office import is_docx, read_docx, read_pdf
from optimizer_app.ingest.problems import UnreadableDocument
from optimizer_app.ingest.texts import (
    SOURCE_ENDINGS,
    code_sections,
    csv_sections,
    html_sections,
    json_sections,
    markdown_sections,
)

__all__ = ["Chunk", "ReadDocument", "ReadText", "UnreadableDocument", "cut", "read_document", "read_text"]

MOST_CHARS = 20_000_000
MOST_CHUNKS = 20_000
_MEDIA_TYPES = {
    ".md": "text/markdown", ".markdown": "text/markdown", ".html": "text/html", ".htm": "text/html",
    ".csv": "text/csv", ".tsv": "text/csv", ".json": "application/json", ".jsonl": "application/json",
    ".txt": "text/plain", ".rst": "text/plain", ".log": "text/plain",
}  # fmt: skip
_HTML_OPENS = ("<!doctype html", "<html")
# A file in a known encoding has none of these; UTF-16 has many.
_BINARY_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class ReadText:
    """What a file says, before it is cut: its title, where it names one, what kind of file it is, and its
    sections in order."""

    title: str
    media_type: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What a file says: its title, where it names one, what kind of file it is, and its chunks in order."""

    title: str
    media_type: str
    chunks: tuple[Chunk, ...]


def read_document(data: bytes, *, name: str = "", media_type: str = "") -> ReadDocument:
    """The file as chunks. UnreadableDocument says why it has none, in words for people."""
    return cut(read_text(data, name=name, media_type=media_type))


def read_text(data: bytes, *, name: str = "", media_type: str = "") -> ReadText:
    """The file's text; UnreadableDocument where it has none."""
    title, kind, sections = _sections(data, name, media_type)
    if sum(len(section.text) for section in sections) > MOST_CHARS:
        raise UnreadableDocument(f"the text is longer than {MOST_CHARS:,} characters")
    return ReadText(title, kind, tuple(sections))


def cut(text: ReadText) -> ReadDocument:
    """The text as chunks; UnreadableDocument where they would be none, or too many."""
    chunks = chunks_of(text.sections)
    if not chunks:
        raise UnreadableDocument("the file has no text")
    if len(chunks) > MOST_CHUNKS:
        raise UnreadableDocument(f"{len(chunks):,} chunks are more than {MOST_CHUNKS:,}: split the file")
    return ReadDocument(text.title, text.media_type, tuple(chunks))


def _sections(data: bytes, name: str, media_type: str) -> tuple[str, str, list[Section]]:
    """Title, media type and sections."""
    if not data.strip():
        raise UnreadableDocument("the file is empty")
    if data.startswith(b"%PDF-"):
        title, sections = read_pdf(data)
        return title, "application/pdf", sections
    if data.startswith(b"PK\x03\x04"):
        if not is_docx(data):
            raise UnreadableDocument("the file is a ZIP archive, and no DOCX")
        title, sections = read_docx(data)
        return title, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", sections
    text = _decoded(data)
    kind = _text_kind(text, name, media_type)
    title, sections = _text_sections(text, kind, name)
    return title, kind, sections


def _text_kind(text: str, name: str, media_type: str) -> str:
    ending = PurePath(name).suffix.lower()
    if text.lstrip()[:20].lower().startswith(_HTML_OPENS):
        return "text/html"
    if ending in SOURCE_ENDINGS:
        return "text/x-source"
    declared = media_type.partition(";")[0].strip().lower()
    return _MEDIA_TYPES.get(ending) or (declared if declared in _MEDIA_TYPES.values() else "text/plain")


def _text_sections(text: str, kind: str, name: str) -> tuple[str, list[Section]]:
    if kind == "text/html":
        return html_sections(text)
    if kind == "text/csv":
        return "", csv_sections(text)
    if kind == "application/json":
        return "", json_sections(text)
    if kind == "text/x-source":
        return PurePath(name).name, code_sections(text)
    return markdown_sections(text)


def _decoded(data: bytes) -> str:
    """The text in its encoding: a mark at its start tells, or UTF-8 fits, or it is guessed."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if data.count(b"\x00") > _BINARY_SHARE * len(data) / 10:
        raise UnreadableDocument("not a text, PDF or DOCX file")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        guess = charset_normalizer.from_bytes(data[:200_000]).best()
    if guess is None:
        raise UnreadableDocument("not a text, PDF or DOCX file")
    return data.decode(guess.encoding, "replace")
