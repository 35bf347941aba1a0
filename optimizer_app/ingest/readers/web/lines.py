"""The marks and lines of lists, and the cells of tables that span rows."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.html import HtmlElement

from optimizer_app.ingest.readers.attributes import whole_number
from optimizer_app.ingest.readers.marks import numbered
from optimizer_app.ingest.readers.web.elements import NO_TEXT


def preformatted(element: HtmlElement) -> str:
    """The text with its space as it stands, and a line feed for each `<br>`."""
    for line_break in element.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    return str(element.text_content()).strip("\n")


def items(element: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    """The list's items with their marks. What is no item, as a list that stands right in a list, has none."""
    ordered = element.tag == "ol"
    children = list(element)
    backwards = "reversed" in element.attrib
    number = whole_number(element.get("start"), len(children) if backwards else 1)
    for item in children:
        if not isinstance(item.tag, str) or item.tag in NO_TEXT:
            continue
        if item.tag != "li":
            yield "", item
            continue
        number = whole_number(item.get("value"), number)
        yield (f"{numbered(number, element.get('type', '1'))}." if ordered else "-"), item
        number += -1 if backwards else 1


def hanging(mark: str, texts: list[str]) -> list[str]:
    """The lines of an item's texts: the first one after its mark, the others indented below it."""
    lines = [line for text in texts for line in text.split("\n")]
    if not lines:
        return []
    if not mark:
        return lines if len(lines) == 1 else [lines[0], *(f"  {line}" for line in lines[1:])]
    return [f"{mark} {lines[0]}", *(f"  {line}" for line in lines[1:])]


def fill(cells: list[str], spanning: dict[int, tuple[int, str]]) -> None:
    """Add the cells of rows above that reach down to the next place."""
    while (place := len(cells)) in spanning:
        left, text = spanning[place]
        cells.append(text)
        if left > 1:
            spanning[place] = (left - 1, text)
        else:
            del spanning[place]
