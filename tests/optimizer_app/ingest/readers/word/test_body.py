"""Paragraphs, tables, text boxes and notes, in order."""

from __future__ import annotations

import docx
import pytest

from tests.optimizer_app.ingest.readers.files import left_out, paragraph, read_docx_of, run, text_of
from tests.optimizer_app.ingest.readers.word.test_text import control, deleted


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr>{f'<w:trPr>{properties}</w:trPr>' if properties else ''}{''.join(cells)}</w:tr>"


def cell(content: str, properties: str = "") -> str:
    inside = content if content.startswith("<") else paragraph(content)
    return f"<w:tc>{f'<w:tcPr>{properties}</w:tcPr>' if properties else ''}{inside}</w:tc>"


BOX = """<w:r><mc:AlternateContent>
<mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent>{0}</w:txbxContent></wps:txbx></w:drawing>
</mc:Choice>
<mc:Fallback><w:pict><v:textbox><w:txbxContent>{0}</w:txbxContent></v:textbox></w:pict></mc:Fallback>
</mc:AlternateContent></w:r>"""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (control(paragraph("Controlled.") + control(paragraph("Twice."))), "Controlled.\n\nTwice."),
        (f"<w:ins>{paragraph('New.')}</w:ins>", "New."),
        (f"<w:customXml>{paragraph('Tagged.')}</w:customXml>", "Tagged."),
        ("<m:oMathPara><m:oMath><m:r><m:t>a = b</m:t></m:r></m:oMath></m:oMathPara>", "a = b"),
        (table(row(cell("a"), cell("b")), row(cell("c"), cell("d"))), "a | b\nc | d"),
        (table(row(cell("a"), cell(table(row(cell("x"), cell("y")), row(cell("z"), cell("w")))))),
         "a | x | y; z | w"),
        (table(row(cell(paragraph("one") + paragraph("two")), cell("b"))), "one; two | b"),
        (table(row(cell(paragraph("Framed.") + paragraph("Twice.")))), "Framed.\n\nTwice."),
        (table(row(cell("top", "<w:vMerge w:val='restart'/>"), cell("1")),
               row(cell(paragraph(), "<w:vMerge/>"), cell("2")), row(cell("low"), cell("3"))),
         "top | 1\ntop | 2\nlow | 3"),
        (table(row(cell("wide", "<w:gridSpan w:val='2'/>"), cell("m", "<w:vMerge w:val='restart'/>")),
               row(cell("a"), cell("b"), cell(paragraph(), "<w:vMerge/>"))),
         "wide | m\na | b | m"),
        (f"<w:tbl>{control(row(cell('a'), control(cell('b'))))}</w:tbl>", "a | b"),
        (paragraph("Before.", BOX.format(paragraph("In the box."))), "Before.\n\nIn the box."),
        (paragraph("x", "<w:r><w:pict><v:textbox><w:txbxContent>" + paragraph("old box")
                   + "</w:txbxContent></v:textbox></w:pict></w:r>"), "x\n\nold box"),
    ],
)  # fmt: skip
def test_it_works(body: str, text: str) -> None:
    read = read_docx_of(body)
    assert text_of(read) == text
    assert read.left_out == ()


def test_notes_stand_after_the_paragraph_that_has_them() -> None:
    footnote = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    endnote = '<w:r><w:endnoteReference w:id="1"/></w:r>'
    read = read_docx_of(
        paragraph("Prices rise", footnote, " yearly", endnote, ".") + paragraph("Next."),
        footnotes=f'<w:footnote w:id="2">{paragraph("By 2 percent.")}</w:footnote>',
        endnotes=f'<w:endnote w:id="1">{paragraph("Since 1990.")}</w:endnote>',
    )
    assert text_of(read) == (
        "Prices rise[^2] yearly[endnote 1].\n\n[^2]: By 2 percent.\n\n[endnote 1]: Since 1990.\n\nNext."
    )


def test_a_row_that_was_deleted_is_left_out() -> None:
    gone = row(cell("gone"), cell("gone"), properties='<w:del w:id="1" w:author="a"/>')
    read = read_docx_of(table(row(cell("a"), cell("b")), gone) + paragraph("x", deleted("y")))
    assert text_of(read) == "a | b\n\nx"
    assert left_out(read) == {"deleted passages": 2}


def test_a_table_of_contents_is_left_out() -> None:
    gallery = '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
    read = read_docx_of(
        control(paragraph("1 Rent 4") + paragraph("2 Deposit 6"), gallery) + paragraph("Rent.")
    )
    assert text_of(read) == "Rent."
    assert left_out(read) == {"lines of a table of contents": 2}


def test_headings_are_found_by_style_and_by_outline_level() -> None:
    document = docx.Document()
    document.add_heading("Rent", 1)
    read = read_docx_of(
        paragraph("Due on Monday.")
        + paragraph("Late", properties='<w:outlineLvl w:val="1"/>')
        + paragraph(run("5 euros.")),
        document,
    )
    assert [(section.title_path, section.text) for section in read.sections] == [
        ("Rent", "Due on Monday."),
        ("Rent / Late", "5 euros."),
    ]
