"""Reads a page: all that a browser shows of its main part.

The main part is `<main>`, or else the whole page.
"""

from __future__ import annotations

import re

import lxml.html
from lxml.etree import LxmlError
from lxml.html import HtmlElement

from optimizer_app.ingest.readers.headings import Headings
from optimizer_app.ingest.readers.problems import UnreadableDocument
from optimizer_app.ingest.readers.reading import Kind, Reading, Tally
from optimizer_app.ingest.readers.web.blocks import Blocks
from optimizer_app.ingest.readers.web.elements import is_hidden

_SPACE = re.compile(r"[ \t\r\n\f]+")


def read_html(text: str) -> Reading:
    """The page's text; UnreadableDocument where it is none."""
    try:
        parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
        page = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
        headings, tally = Headings(), Tally()
        for part in _main_parts(page, tally):
            Blocks(headings.add, tally).read(part)
    except (LxmlError, ValueError) as error:
        raise UnreadableDocument("the HTML file is broken") from error
    except RecursionError as error:
        raise UnreadableDocument("the HTML file is nested too deeply") from error
    sections = headings.sections()
    title = _SPACE.sub(" ", page.findtext(".//title") or "").strip()
    return Reading.of(
        title or (sections[0].title_path.partition(" / ")[0] if sections else ""), sections, tally
    )


def _main_parts(page: HtmlElement, tally: Tally) -> list[HtmlElement]:
    found = page.xpath("//*[self::main or @role='main'][not(ancestor::main or ancestor::*[@role='main'])]")
    parts = [part for part in found if not is_hidden(part) and part.text_content().strip()]
    if not parts:
        return [page]
    outside = _words(page) - sum(map(_words, parts))
    if outside > 0:
        tally[Kind.OUTSIDE_MAIN] += outside
    return parts


def _words(part: HtmlElement) -> int:
    shown = part.xpath(".//text()[not(ancestor::script or ancestor::style or ancestor::title)]")
    return sum(len(text.split()) for text in shown)
