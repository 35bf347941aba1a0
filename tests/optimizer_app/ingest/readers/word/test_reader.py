"""Whole DOCX files: headers, footers, and a title."""

from __future__ import annotations

import docx

from optimizer_app.ingest.read import read_text
from tests.optimizer_app.ingest.readers.files import paragraph, read_docx_of, saved, text_of


def test_headers_and_footers_are_stored_once() -> None:
    document = docx.Document()
    document.core_properties.title = "Lease"
    document.add_paragraph("Body.")
    document.sections[0].header.paragraphs[0].text = "Draft of 3 May"
    document.sections[0].footer.paragraphs[0].text = "Confidential"
    second = document.add_section()
    second.header.is_linked_to_previous = False
    second.header.paragraphs[0].text = "Draft of 3 May"
    second.footer.is_linked_to_previous = False
    second.footer.paragraphs[0].text = "- 7 -"
    read = read_text(saved(document.save), name="a.docx")
    assert read.title == "Lease"
    assert [(section.title_path, section.text) for section in read.sections] == [
        ("", "Body."),
        ("header", "Draft of 3 May"),
        ("footer", "Confidential"),
    ]


def test_without_lists_and_notes_it_is_read_all_the_same() -> None:
    document = docx.Document()
    for relation in list(document.part.rels.values()):
        if relation.reltype.endswith(("/numbering", "/styles")):
            del document.part.rels[relation.rId]
    list_item = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr>'
    assert text_of(read_docx_of(paragraph("Plain.", properties=list_item), document)) == "Plain."
