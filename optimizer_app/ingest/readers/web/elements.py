"""Kinds of HTML elements, and what is left out of a page."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import islice

from lxml.html import HtmlElement

from optimizer_app.ingest.readers.reading import Kind

HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "legend", "li", "main",
    "p", "section", "summary", "tbody", "td", "tfoot", "th", "thead", "tr",
))  # fmt: skip
LISTS = frozenset(("ul", "ol", "menu", "dir"))
TABLE_PARTS = frozenset(("thead", "tbody", "tfoot", "tr"))
TABLE_CELLS = frozenset(("td", "th", "caption", "colgroup", "col"))
BLOCK_TAGS = (*HEADINGS, *BLOCKS, *LISTS, "table", "dl", "pre")
# The head is read, too: its parser puts there what stands before the body's first element that it knows.
NO_TEXT = frozenset((
    "area", "base", "link", "meta", "rp", "script", "source", "style", "title", "track", "wbr",
))  # fmt: skip
_LEFT_OUT = {
    "nav": Kind.NAVIGATION, "template": Kind.HIDDEN, "noscript": Kind.HIDDEN, "del": Kind.DELETED,
    **dict.fromkeys(("button", "select", "datalist", "textarea"), Kind.FORMS),
}  # fmt: skip
EMBEDDED = frozenset(("iframe", "object", "embed", "video", "audio", "canvas", "applet"))
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE
)


def is_hidden(element: HtmlElement) -> bool:
    if "hidden" in element.attrib or (element.tag == "dialog" and "open" not in element.attrib):
        return True
    return _HIDDEN_STYLE.search(element.get("style", "")) is not None


def reason_to_leave_out(element: HtmlElement) -> Kind | None:
    if is_hidden(element):
        return Kind.HIDDEN
    if element.get("role") == "navigation":
        return Kind.NAVIGATION
    return _LEFT_OUT.get(element.tag)


def has(element: HtmlElement, tags: Iterable[str]) -> bool:
    """Whether one of these tags stands within the element."""
    return any(found is not element for found in islice(element.iter(*tags), 2))


def holds_only(element: HtmlElement, parts: Collection[str], leaves: Collection[str]) -> bool:
    """Whether nothing but space stands between the leaves, down through the parts."""
    if (element.text or "").strip():
        return False
    for child in element:
        if (child.tail or "").strip():
            return False
        if child.tag in parts:
            if not holds_only(child, parts, leaves):
                return False
        elif child.tag not in leaves and child.tag not in NO_TEXT:
            return False
    return True


def is_copy_of_formula(element: HtmlElement) -> bool:
    """Whether the element draws the formula of the element before it for those who see it."""
    before = element.getprevious()
    return element.get("aria-hidden") == "true" and before is not None and has(before, ("math",))
