"""Cuts texts of several kinds into sections by their own structure."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from optimizer_app.ingest.chunking import MAX_TOKENS, Section, paragraphs
from optimizer_app.ingest.readers.headings import Headings

SOURCE_ENDINGS = frozenset((
    ".py", ".js", ".ts", ".tsx", ".jsx", ".java", ".kt", ".go", ".rs", ".c", ".h", ".cc", ".cpp", ".hpp",
    ".cs", ".rb", ".php", ".swift", ".scala", ".sh", ".sql", ".lua", ".r", ".pl", ".ex", ".exs", ".css",
    ".yaml", ".yml", ".toml", ".ini", ".xml",
))  # fmt: skip
_HEADING_MARK = re.compile(r"(#{1,6})[ \t]++")
_UNDERLINED = re.compile(r"(?:=+|-+)[ \t]*")
_FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})")
# What opens a definition at the first column, in the usual languages.
_DEFINITION = re.compile(
    r"(?:@\w|(?:export |public |private |protected |static |async |pub(?:\(\w+\))? |abstract |final )*"
    r"(?:def|class|function|func|fn|interface|struct|enum|trait|impl|type|module|namespace|CREATE)\b)"
    r"|\w[\w\s*&<>:,]*\([^;]*\)\s*\{?\s*$"
)
_NAME = re.compile(
    r"(?:def|class|function|func|fn|interface|struct|enum|trait|impl|type|module|namespace)\s+(\w+)"
)
# Longer lines were made by a program; looking for one's end takes the square of its length.
_LONGEST_DEFINITION = 400
_MAX_JSON_DEPTH = 60
# Characters that a chunk's tokens have at least, more or less.
_PIECE_CHARS = 2 * MAX_TOKENS


def markdown_sections(text: str) -> tuple[str, list[Section]]:
    """Title and sections of Markdown, or of a plain text, which is Markdown without headings."""
    headings = Headings()
    lines: list[str] = []

    def paragraph() -> None:
        for part in paragraphs("\n".join(lines)):
            headings.add(0, part)
        lines.clear()

    for level, line in _marked(text.splitlines()):
        if level:
            paragraph()
            headings.add(level, line)
        else:
            lines.append(line)
    paragraph()
    sections = headings.sections()
    title = sections[0].title_path.partition(" / ")[0] if sections else ""
    return title, sections


def csv_sections(text: str) -> list[Section]:
    """Rows, each chunk of them under the header."""
    header, _, body = text.lstrip("\n").partition("\n")
    if '"' in text:
        # A cell may hold a line end.
        return [_table(_whole_rows(text))]
    return [_table([header, *body.splitlines()])]


def json_sections(text: str) -> list[Section]:
    """The members and items, each as long as fits into a chunk, under the path of keys to it."""
    try:
        pieces = list(_json_pieces(_json_value(text), "", 0))
    except (ValueError, TypeError, RecursionError):
        return markdown_sections(text)[1]
    sections: list[Section] = []
    for path, piece in pieces:
        if sections and sections[-1].title_path == path:
            last = sections.pop()
            sections.append(Section(path, (*last.pieces, piece), "\n"))
        else:
            sections.append(Section(path, (piece,), "\n"))
    return sections


def code_sections(text: str) -> list[Section]:
    """Definitions, each with what stands above it since the one before."""
    sections: list[Section] = []
    lines: list[str] = []
    # How many of the last lines belong to the definition below them.
    attached = 0
    name = ""
    for line in text.splitlines():
        if attached < len(lines) and _opens_definition(line):
            _add_code(sections, name, lines[: len(lines) - attached])
            lines = lines[len(lines) - attached :]
            name = ""
        found = _NAME.search(line[:_LONGEST_DEFINITION]) if not name and not line[:1].isspace() else None
        name = found.group(1) if found else name
        lines.append(line)
        attached = attached + 1 if _is_attached(line) else 0
    _add_code(sections, name, lines)
    return sections


def _opens_definition(line: str) -> bool:
    return len(line) <= _LONGEST_DEFINITION and _DEFINITION.match(line) is not None


def _marked(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Each line, with the level of the heading that it is; 0 for all others. Code has no headings."""
    fence = ""
    for at, line in enumerate(lines):
        if opened := _FENCE.match(line):
            mark = opened.group(1)
            fence = "" if fence and mark.startswith(fence) else fence or mark
        level, heading = (0, "") if fence else _heading(line)
        if heading:
            yield level, heading
        elif not fence and _is_underlined(lines, at):
            yield (1 if lines[at + 1].startswith("=") else 2), line
        elif fence or not (at and _is_underlined(lines, at - 1)):
            yield 0, line


def _heading(line: str) -> tuple[int, str]:
    """The level and the text of a line like "## Outages ##"; no text for all others."""
    mark = _HEADING_MARK.match(line)
    if mark is None:
        return 0, ""
    text = line[mark.end() :].rstrip(" \t")
    return len(mark.group(1)), text.rstrip("#").rstrip(" \t") or text[:1]


def _is_underlined(lines: list[str], at: int) -> bool:
    """Whether the line is a heading by the line of = or - below it."""
    if at + 1 >= len(lines) or not lines[at].strip() or (at and lines[at - 1].strip()):
        return False
    below = lines[at + 1]
    return len(below.rstrip()) >= 3 and _UNDERLINED.fullmatch(below) is not None


def _table(rows: list[str]) -> Section:
    filled = [row for row in rows if row.strip()]
    head, body = filled[:1], filled[1:]
    return Section("", tuple(body), "\n", head[0] + "\n") if body else Section("", tuple(head), "\n")


def _whole_rows(text: str) -> list[str]:
    """The rows as they stand in the text, those with line ends in a cell in one piece."""
    lines = text.splitlines(keepends=True)
    reader = csv.reader(io.StringIO(text, newline=""))
    rows, done = [], 0
    try:
        for _ in reader:
            rows.append("".join(lines[done : reader.line_num]).rstrip("\r\n"))
            done = reader.line_num
    except csv.Error:
        return text.splitlines()
    return rows


def _json_value(text: str) -> Any:
    """The value of a JSON text, or the values of JSON lines; ValueError where it is neither."""
    try:
        return _parsed_json(text)
    except ValueError:
        return [_parsed_json(line) for line in text.split("\n") if line.strip()]


def _parsed_json(text: str) -> Any:
    """The value with its numbers as they stand: a float would lose digits, and 1e400 its value."""
    as_written = orjson.Fragment
    return json.loads(
        text,
        parse_float=as_written,
        parse_int=as_written,
        parse_constant=as_written,
        object_pairs_hook=_object,
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; ValueError where it has a key twice, since a dict would lose the first value."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a key stands twice")
    return members


def _json_text(value: Any) -> str:
    return orjson.dumps(value).decode()


def _json_pieces(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """The value in parts that fit into a chunk, each with the path of keys to what holds it."""
    whole = _json_text(value)
    if len(whole) <= _PIECE_CHARS or depth >= _MAX_JSON_DEPTH or not isinstance(value, dict | list):
        yield path, whole
    elif isinstance(value, dict):
        for key, held in value.items():
            inner = _json_text({key: held})
            if len(inner) <= _PIECE_CHARS:
                yield path, inner
            else:
                yield from _json_pieces(held, f"{path} / {key}" if path else key, depth + 1)
    else:
        for item in value:
            yield from _json_pieces(item, path, depth + 1)


def _is_attached(line: str) -> bool:
    """Whether a line belongs to the definition below it: a comment or a decorator."""
    return line.startswith(("#", "//", "/*", " *", "*", "@", "--", "///")) or not line.strip()


def _add_code(sections: list[Section], name: str, lines: list[str]) -> None:
    text = "\n".join(lines).strip("\n")
    if text.strip():
        parts = tuple(part for part in re.split(r"\n(?=[ \t]*\n)", text) if part.strip())
        sections.append(Section(name, tuple(part.strip("\n") for part in parts)))
