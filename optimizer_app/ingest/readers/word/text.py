"""The text of one paragraph: as Word shows it with all tracked changes accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from docx.oxml.ns import qn
from lxml.etree import QName, _Element

from optimizer_app.ingest.readers.formulas import linear
from optimizer_app.ingest.readers.reading import Kind, Tally
from optimizer_app.ingest.readers.scripts import finished, subscript, superscript
from optimizer_app.ingest.readers.word.styles import Styles

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_CHOICE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SIGNS = {
    "tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "",
}  # fmt: skip
# Characters of the fonts Symbol and Wingdings, whose codes say nothing by themselves.
_SYMBOLS = {
    "Symbol": {
        0xA3: "≤", 0xA5: "∞", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB8: "÷",
        0xB9: "≠", 0xBB: "≈", 0xD7: "·", 0x44: "Δ", 0x53: "Σ", 0x57: "Ω", 0x61: "α", 0x62: "β", 0x67: "γ",
        0x64: "δ", 0x65: "ε", 0x6C: "λ", 0x6D: "μ", 0x70: "π", 0x72: "ρ", 0x73: "σ", 0x74: "τ",
    },
    "Wingdings": {0x6F: "☐", 0xA8: "☐", 0xFC: "✓", 0xFB: "✗", 0xFE: "☑", 0xFD: "☒", 0xE0: "→", 0xA7: "•"},
}  # fmt: skip


@dataclass(slots=True)
class ParagraphText:
    """Reads one paragraph. `boxes` are the text boxes anchored in it, `notes` the ids of its notes."""

    paragraph: _Element
    styles: Styles
    tally: Tally
    boxes: list[_Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def read(self) -> str:
        return finished(self._inline(self.paragraph)).strip()

    def _inline(self, parent: _Element) -> str:
        return "".join(self._part(child) for child in parent if isinstance(child.tag, str))

    def _part(self, element: _Element) -> str:
        name = QName(element).localname
        if element.tag.startswith(MATH):
            return linear(element) if name in ("oMath", "oMathPara") else ""
        if name == "r":
            return self._run(element)
        if name in ("del", "moveFrom"):
            self.tally[Kind.DELETED] += 1
            return ""
        if name == "sdt":
            return self._content_control(element)
        if name == "AlternateContent":
            return self._inline(chosen(element))
        return self._inline(element) if name in _CONTAINERS else ""

    def _content_control(self, element: _Element) -> str:
        if is_placeholder(element):
            self.tally[Kind.PLACEHOLDERS] += 1
            return ""
        content = element.find(qn("w:sdtContent"))
        return "" if content is None else self._inline(content)

    def _run(self, run: _Element) -> str:
        look = self.styles.look(run, self.paragraph)
        if look.hidden:
            self.tally[Kind.HIDDEN] += run.find(qn("w:t")) is not None
            return ""
        text = "".join(self._run_part(child) for child in run if isinstance(child.tag, str))
        if not text.strip():
            return text
        if look.struck:
            text = f"~~{text}~~"
        return _RAISED[look.raised](text)

    def _run_part(self, element: _Element) -> str:
        name = QName(element).localname
        if name == "t":
            return element.text or ""
        if name in _SIGNS:
            return _SIGNS[name]
        read = _RUN_PARTS.get(name)
        return read(self, element) if read else ""

    def _symbol(self, element: _Element) -> str:
        code = int(element.get(qn("w:char"), "0"), 16)
        table = _SYMBOLS.get(element.get(qn("w:font"), "").split(" ")[0], {})
        is_private = 0xE000 <= code <= 0xF8FF
        return table.get(code & 0xFF, "\N{REPLACEMENT CHARACTER}") if is_private else chr(code)

    def _note(self, element: _Element) -> str:
        kind, note_id = QName(element).localname, element.get(qn("w:id"), "")
        self.notes.append((kind, note_id))
        return f"[{'^' if kind == 'footnoteReference' else 'endnote '}{note_id}]"

    def _comment(self, _element: _Element) -> str:
        self.tally[Kind.COMMENTS] += 1
        return ""

    def _ruby(self, element: _Element) -> str:
        base = element.find(qn("w:rubyBase"))
        return "" if base is None else self._inline(base)

    def _alternate(self, element: _Element) -> str:
        return "".join(self._run_part(child) for child in chosen(element) if isinstance(child.tag, str))

    def _drawing(self, element: _Element) -> str:
        """The description of a picture; its text boxes go to `boxes`."""
        boxes = [box for box in element.iter(qn("w:txbxContent")) if _is_outermost(box, element)]
        if boxes:
            self.boxes += boxes
            return ""
        if descriptions := list(_descriptions(element)):
            return "".join(f"[image: {description}]" for description in descriptions)
        if QName(element).localname == "object":
            self.tally[Kind.EMBEDDED] += 1
        elif any(
            QName(part).localname in ("chart", "relIds") for part in element.iter("{*}chart", "{*}relIds")
        ):
            self.tally[Kind.CHARTS] += 1
        elif next(element.iter("{*}pic", "{*}imagedata"), None) is not None:
            self.tally[Kind.IMAGES] += 1
        return ""


_CONTAINERS = frozenset(("hyperlink", "ins", "moveTo", "smartTag", "fldSimple", "customXml", "bdo", "dir"))
_RUN_PARTS: dict[str, Callable[[ParagraphText, _Element], str]] = {
    "sym": ParagraphText._symbol,
    "footnoteReference": ParagraphText._note,
    "endnoteReference": ParagraphText._note,
    "commentReference": ParagraphText._comment,
    "ruby": ParagraphText._ruby,
    "AlternateContent": ParagraphText._alternate,
    "drawing": ParagraphText._drawing,
    "pict": ParagraphText._drawing,
    "object": ParagraphText._drawing,
}
_RAISED: dict[str, Callable[[str], str]] = {
    "superscript": superscript,
    "subscript": subscript,
    "": str,
}


def chosen(alternate: _Element) -> _Element:
    """The one of two renderings that has the text; both usually do."""
    choice, fallback = alternate.find(_CHOICE), alternate.find(_FALLBACK)
    has_text = choice is not None and next(choice.iter(qn("w:t"), "{*}blip", "{*}chart"), None) is not None
    for found in (choice if has_text else None, fallback, choice):
        if found is not None:
            return found
    return alternate


def is_placeholder(control: _Element) -> bool:
    """Whether a content control shows its prompt, since nobody has filled it in."""
    return control.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}") is not None


def _is_outermost(box: _Element, drawing: _Element) -> bool:
    for parent in box.iterancestors():
        if parent is drawing:
            return True
        if parent.tag in (qn("w:txbxContent"), _FALLBACK):
            return False
    return True


def _descriptions(drawing: _Element) -> Iterator[str]:
    for properties in drawing.iter("{*}docPr", "{*}shape"):
        text = (properties.get("descr") or properties.get("alt") or "").strip()
        if text:
            yield text
