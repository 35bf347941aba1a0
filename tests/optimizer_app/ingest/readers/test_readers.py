"""Files of all kinds, whole and broken, as chunks."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import suppress
from typing import Any

import docx
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer_app.ingest.chunking import MAX_TOKENS, count
from optimizer_app.ingest.read import ReadDocument, UnreadableDocument, read_document

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _pdf(*texts: str) -> bytes:
    """A PDF with a page for each text."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(texts)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(texts)} >>")
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for at, text in enumerate(texts):
        shown = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * at} 0 R"
            " /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream")
    body, starts = "%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        starts.append(len(body))
        body += f"{number} 0 obj\n{item}\nendobj\n"
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    end = f"xref\n0 {len(starts) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer\n<< /Size {len(starts) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + end).encode()


def _encrypted(pdf: bytes) -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(pdf))
    writer.encrypt("secret", algorithm="RC4-128")
    return _saved(writer.write)


def _docx() -> bytes:
    document = docx.Document()
    document.core_properties.title = "Plan"
    document.add_heading("Launch", 1)
    document.add_paragraph("We start on 3 May.")
    document.add_heading("Costs", 2)
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Servers", "400 EUR"
    return _saved(document.save)


def _marked_encrypted(archive: bytes) -> bytes:
    """The ZIP archive with the flag of encryption at each entry of its directory."""
    return re.sub(rb"(PK\x01\x02.{4}).", lambda found: found.group(1) + b"\x01", archive, flags=re.DOTALL)


def _saved(save: Any) -> bytes:
    target = io.BytesIO()
    save(target)
    return target.getvalue()


def _told(document: ReadDocument) -> list[tuple[str, str]]:
    return [(chunk.title_path, chunk.content) for chunk in document.chunks]


def test_it_works() -> None:
    text = (
        "# Handbook\n\nWelcome.\n\n## Outages\n\nCall us.\n\n### Kafka\n\nRestart it.\n\n## Pay\n\nMonthly."
    )
    document = read_document(text.encode(), name="handbook.md")
    assert (document.title, document.media_type) == ("Handbook", "text/markdown")
    assert _told(document) == [
        ("Handbook", "Welcome."),
        ("Handbook / Outages", "Call us."),
        ("Handbook / Outages / Kafka", "Restart it."),
        ("Handbook / Pay", "Monthly."),
    ]
    assert [chunk.position for chunk in document.chunks] == [0, 1, 2, 3]
    assert [chunk.tokens for chunk in document.chunks] == count([chunk.content for chunk in document.chunks])


def test_underlined_headings_and_code_that_looks_like_one() -> None:
    text = "Title\n=====\n\nText.\n\nPart\n----\n\n```\n# no heading\n```\n"
    assert _told(read_document(text.encode(), name="a.md")) == [
        ("Title", "Text."),
        ("Title / Part", "```\n# no heading\n```"),
    ]


def test_a_pdf_has_its_pages() -> None:
    document = read_document(_pdf("First page.", "Second page."))
    assert document.media_type == "application/pdf"
    assert _told(document) == [("page 1", "First page."), ("page 2", "Second page.")]


def test_a_docx_has_its_headings_and_tables() -> None:
    document = read_document(_docx(), name="plan.docx")
    assert (document.title, document.media_type) == ("Plan", DOCX_TYPE)
    assert _told(document) == [("Launch", "We start on 3 May."), ("Launch / Costs", "Servers | 400 EUR")]


def test_a_page_of_the_web_has_its_main_text() -> None:
    article = "".join(f"<p>Paragraph {n} says something about refunds in detail.</p>" for n in range(8))
    html = f"<!doctype html><title>Refunds</title><nav>Menu</nav><article><h1>How</h1>{article}</article>"
    document = read_document(html.encode(), media_type="text/html")
    said = " ".join(chunk.content for chunk in document.chunks)
    assert (document.title, document.media_type) == ("Refunds", "text/html")
    assert "Paragraph 7 says" in said
    assert "<p>" not in said


def test_rows_stand_under_their_header() -> None:
    rows = [f"{n},Ann {n},{n * 3}" for n in range(300)]
    document = read_document("\n".join(["id,name,due", *rows]).encode(), name="a.csv")
    assert len(document.chunks) > 3
    assert all(chunk.content.startswith("id,name,due\n") for chunk in document.chunks)
    assert [row for chunk in document.chunks for row in chunk.content.split("\n")[1:]] == rows


def test_a_cell_with_line_ends_stays_whole() -> None:
    document = read_document(b'id,text\n1,"two\nlines"\n2,x\n', name="a.csv")
    assert document.chunks[0].content == 'id,text\n1,"two\nlines"\n2,x'


def test_json_is_cut_by_its_members() -> None:
    value = (
        b'{"shops": {"north": [' + b",".join(b'{"id": %d, "city": "Oslo"}' % n for n in range(200)) + b"]}}"
    )
    document = read_document(value, name="a.json")
    assert {chunk.title_path for chunk in document.chunks} == {"shops / north"}
    assert sum(chunk.content.count('"city"') for chunk in document.chunks) == 200
    lines = read_document(b'{"a": 1}\n{"a": 2}\n', name="a.jsonl")
    assert "2" in lines.chunks[0].content


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1.50,"b":1e400,"c":12345678901234567890.123456789,"d":NaN,"e":123456789012345678901234567890}',
        '{"a":1,"a":2}',
        '{"a":"\\ud800"}',
    ],
)
def test_json_keeps_its_literals(text: str) -> None:
    assert read_document(text.encode(), name="a.json").chunks[0].content == text


def test_a_line_of_json_may_hold_any_separator_but_a_line_feed() -> None:
    lines = '{"a":"x\u2028y"}\n{"a":"z"}\n'
    document = read_document(lines.encode(), name="a.jsonl")
    assert document.chunks[0].content == '[{"a":"x\u2028y"},{"a":"z"}]'


def test_source_code_is_cut_by_its_definitions() -> None:
    functions = [f"# {n}\ndef name_{n}(a):\n" + "    a += 1  # count it\n" * 40 for n in range(4)]
    document = read_document("\n\n".join(["import os", *functions]).encode(), name="src/a.py")
    paths = [chunk.title_path for chunk in document.chunks]
    assert document.title == "a.py"
    assert [path for path in dict.fromkeys(paths) if path] == [f"name_{n}" for n in range(4)]
    with_name = next(chunk for chunk in document.chunks if chunk.title_path == "name_2")
    assert with_name.content.startswith("# 2\ndef name_2(a):")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings_are_found(encoding: str) -> None:
    text = "Die Prüfung läuft über sämtliche Größen hinweg, größer wäre schöner für die Übung.\n" * 5
    assert "Prüfung läuft über" in read_document(text.encode(encoding)).chunks[0].content


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.txt", "the file is empty"),
        (b" \n\t ", "a.txt", "the file is empty"),
        (_pdf("x")[:40], "a.pdf", "the PDF is broken"),
        (_pdf(""), "a.pdf", "the PDF has no text: it may be scanned"),
        (_encrypted(_pdf("x")), "a.pdf", "the PDF is encrypted"),
        (_docx()[:500], "a.docx", "the DOCX file is broken"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "a.png", "not a text, PDF or DOCX file"),
        (b"<html><body></body></html>", "a.html", "the file has no text"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "a.docx",
            "the file is encrypted, or of an old Office format: save it as DOCX or PDF",
        ),
        (_marked_encrypted(_docx()), "a.docx", "the DOCX file is encrypted"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(UnreadableDocument) as raised:
        read_document(data, name=name)
    assert str(raised.value) == reason


def test_an_encoding_is_found_where_it_shows_late_in_the_file() -> None:
    data = (
        b"Plain words stand here.\n" * 20_000
        + "Die Pr\u00fcfung l\u00e4uft \u00fcber Gr\u00f6\u00dfen.\n".encode("cp1252") * 50
    )
    assert "Pr\u00fcfung l\u00e4uft" in read_document(data).chunks[-1].content


def test_an_archive_that_is_no_docx() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(UnreadableDocument, match="ZIP archive"):
        read_document(target.getvalue())


def test_a_docx_that_unpacks_to_too_much() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (201 * 1024 * 1024))
    with pytest.raises(UnreadableDocument, match="too large once unpacked"):
        read_document(target.getvalue())


def test_a_long_paragraph_is_cut_where_sentences_end() -> None:
    text = " ".join(f"Sentence number {n} says that all is well." for n in range(400))
    chunks = read_document(text.encode()).chunks
    assert max(chunk.tokens for chunk in chunks) <= MAX_TOKENS
    assert all(chunk.content.endswith(".") for chunk in chunks)
    assert " ".join(chunk.content for chunk in chunks) == text


def test_deep_json_is_read_as_text() -> None:
    assert read_document(b"[" * 5_000 + b"]" * 5_000, name="a.json").chunks


@settings(max_examples=60)
@given(st.text(max_size=3_000), st.sampled_from(["a.md", "a.txt", "a.py", "a.csv"]))
def test_nothing_but_space_is_lost_and_no_chunk_is_too_long(text: str, name: str) -> None:
    try:
        chunks = read_document(text.encode("utf-8", "replace"), name=name).chunks
    except UnreadableDocument:
        return
    assert all(chunk.content.strip() for chunk in chunks)
    assert max(chunk.tokens for chunk in chunks) <= MAX_TOKENS
    if name == "a.py":
        assert "".join("".join(chunk.content for chunk in chunks).split()) == "".join(_as_sent(text).split())


def _as_sent(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@settings(max_examples=60)
@given(st.binary(max_size=400), st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", b"<html>", b"{"]))
def test_garbage_is_read_or_refused(data: bytes, start: bytes) -> None:
    with suppress(UnreadableDocument):
        assert read_document(start + data, name="a.json" if start == b"{" else "").chunks
