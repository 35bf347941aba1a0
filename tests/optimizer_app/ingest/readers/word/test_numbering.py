"""The numbers that Word counts."""

from __future__ import annotations

import docx
import pytest
from docx.oxml import parse_xml

from optimizer_app.ingest.readers.word.numbering import Numbering
from tests.optimizer_app.ingest.readers.files import NAMESPACES, paragraph, read_docx_of, text_of


def level(place: int, style: str, text: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{place}"><w:start w:val="1"/><w:numFmt w:val="{style}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


LIST = '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'


def numbering(*levels: str, lists: str = LIST) -> Numbering:
    abstract = f'<w:abstractNum w:abstractNumId="0">{"".join(levels)}</w:abstractNum>'
    return Numbering(parse_xml(f"<w:numbering {NAMESPACES}>{abstract}{lists}</w:numbering>"))


def properties(place: int = 0, list_id: int = 1) -> str:
    return f'<w:ilvl w:val="{place}"/><w:numId w:val="{list_id}"/>'


def labels(lists: Numbering, *places: tuple[int, int]) -> list[str]:
    made = (parse_xml(f"<w:numPr {NAMESPACES}>{properties(*place)}</w:numPr>") for place in places)
    return [lists.label(item)[0] for item in made]


def test_it_works() -> None:
    lists = numbering(level(0, "decimal", "%1."), level(1, "lowerLetter", "%1.%2)"))
    places = [(0, 1), (1, 1), (1, 1), (0, 1), (1, 1)]
    assert labels(lists, *places) == ["1.", "1.a)", "1.b)", "2.", "2.a)"]


@pytest.mark.parametrize(
    ("style", "third"),
    [("decimal", "3"), ("upperLetter", "C"), ("lowerRoman", "iii"), ("upperRoman", "III"),
     ("decimalZero", "03"), ("bullet", "-"), ("none", ""), ("thaiNumbers", "3")],
)  # fmt: skip
def test_every_style_has_its_numbers(style: str, third: str) -> None:
    assert labels(numbering(level(0, style, "%1")), (0, 1), (0, 1), (0, 1))[-1] == third


def test_a_level_may_ask_for_decimals() -> None:
    lists = numbering(level(0, "upperRoman", "%1"), level(1, "decimal", "%1.%2", "<w:isLgl/>"))
    assert labels(lists, (0, 1), (0, 1), (1, 1)) == ["I", "II", "2.1"]


def test_a_list_starts_anew_where_it_says_so() -> None:
    again = (
        f'{LIST}<w:num w:numId="2"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
    )
    lists = numbering(level(0, "decimal", "%1."), lists=again)
    assert labels(lists, (0, 1), (0, 1), (0, 2), (0, 2), (0, 9)) == ["1.", "2.", "5.", "6.", ""]


def test_an_empty_item_counts_and_a_deleted_one_does_not() -> None:
    document = docx.Document()
    for text in ("One", "", "Three"):
        document.add_paragraph(text, "List Number")
    style = '<w:pStyle w:val="ListNumber"/>'
    gone = paragraph(properties=f'{style}<w:rPr><w:del w:id="1" w:author="a"/></w:rPr>')
    read = read_docx_of(gone + paragraph("Four", properties=style), document)
    assert text_of(read) == "1. One\n\n3. Three\n\n4. Four"


def test_the_items_of_a_document_have_their_numbers() -> None:
    document = docx.Document()
    for text, style in (("Sign", "List Number"), ("Pay", "List Number"), ("cash", "List Bullet")):
        document.add_paragraph(text, style)
    assert text_of(read_docx_of(paragraph("End."), document)) == "1. Sign\n\n2. Pay\n\n- cash\n\nEnd."
