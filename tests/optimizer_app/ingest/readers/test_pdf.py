"""PDF: pages, raised and lowered figures, notes, forms, and what is left out."""

from __future__ import annotations

import pytest

from optimizer_app.ingest.read import read_text
from tests.optimizer_app.ingest.readers.files import first_object, left_out, pdf_of, shown, text_of


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (shown("The dose is 106 units."), "The dose is 106 units."),
        ("BT /F1 12 Tf 72 700 Td (dose 10) Tj /F1 7 Tf 40 5 Td (6) Tj /F1 12 Tf 4 -5 Td ( units) Tj ET",
         "dose 10^6 units"),
        ("BT /F1 12 Tf 72 700 Td (10) Tj ET BT /F1 7 Tf 86 704 Td (6) Tj ET BT /F1 12 Tf 92 700 Td (m) Tj ET",
         "10^6 m"),
        ("BT /F1 12 Tf 72 700 Td (dose 10) Tj 5 Ts /F1 7 Tf (6) Tj 0 Ts /F1 12 Tf ( units) Tj ET",
         "dose 10^6 units"),
        ("BT /F1 12 Tf 72 700 Td (CO) Tj /F1 7 Tf 18 -3 Td (2) Tj /F1 12 Tf 5 3 Td (falls) Tj ET",
         "CO_2 falls"),
        ("BT /F1 12 Tf 72 700 Td (A title) Tj /F1 8 Tf 0 -14 Td (2 small words below) Tj ET",
         "A title\n2 small words below"),
    ],
)  # fmt: skip
def test_it_works(content: str, text: str) -> None:
    assert text_of(read_text(pdf_of(content))) == text


def test_a_note_on_the_page_is_text_and_a_comment_is_not() -> None:
    first = first_object(1)
    notes = [
        "<< /Type /Annot /Subtype /FreeText /Contents (Pay by Monday.) /Rect [0 0 9 9] >>",
        "<< /Type /Annot /Subtype /Text /Contents (Really?) /Rect [0 0 9 9] >>",
        "<< /Type /Annot /Subtype /Link /A << /S /URI /URI (http://x) >> /Rect [0 0 9 9] >>",
    ]
    references = " ".join(f"{first + at} 0 R" for at in range(len(notes)))
    read = read_text(pdf_of(shown("Rent."), page_entries={0: f"/Annots [{references}]"}, objects=notes))
    assert text_of(read) == "Rent.\n\nPay by Monday."
    assert left_out(read) == {"comments": 1, "link addresses": 1}


def test_what_was_filled_in_is_stored() -> None:
    first = first_object(1)
    fields = [
        "<< /FT /Tx /T (Name) /V (Ada) >>",
        "<< /FT /Btn /T (Smoker) /V /Off >>",
        "<< /FT /Btn /T (Insured) /V /Yes >>",
        "<< /FT /Tx /T (Empty) >>",
    ]
    references = " ".join(f"{first + at} 0 R" for at in range(len(fields)))
    read = read_text(
        pdf_of(shown("Form."), catalog=f"/AcroForm << /Fields [{references}] >>", objects=fields)
    )
    assert [(section.title_path, section.text) for section in read.sections] == [
        ("page 1", "Form."),
        ("form", "Name: Ada\nInsured: Yes"),
    ]


def test_pages_without_text_and_images_are_counted() -> None:
    image = (
        "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 "
        "/Length 1 >>\nstream\nx\nendstream"
    )
    read = read_text(pdf_of(shown("Text."), "q /Im1 Do Q", "", objects=[image]))
    assert text_of(read) == "Text."
    assert left_out(read) == {"images without a description": 1, "pages without text": 2}
