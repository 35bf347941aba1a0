"""PDF and DOCX files for tests, and what a reader makes of them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import docx
from docx.document import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from optimizer_app.ingest.read import ReadText, read_text

NAMESPACES = (
    nsdecls("w", "r", "m", "wp", "a", "pic")
    + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    + ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    + ' xmlns:v="urn:schemas-microsoft-com:vml"'
    + ' xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
)
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx_of(body: str, document: Document | None = None, **parts: str) -> bytes:
    """A DOCX with this XML in its body; `footnotes`, `endnotes` and such are the XML of further parts."""
    document = document or docx.Document()
    target = document.element.body
    for child in list(parse_xml(f"<w:body {NAMESPACES}>{body}</w:body>")):
        target.insert(len(target) - 1, child)
    for name, content in parts.items():
        xml = f"<w:{name} {NAMESPACES}>{content}</w:{name}>".encode()
        part = Part(PackURI(f"/word/{name}.xml"), f"{_WORD}.{name}+xml", xml, document.part.package)
        document.part.relate_to(part, f"{_RELATIONS}/{name}")
    return saved(document.save)


def paragraph(*runs: str, properties: str = "") -> str:
    """A paragraph of texts; a text that is XML already stays as it is."""
    parts = (text if text.startswith("<") else run(text) for text in runs)
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{''.join(parts)}</w:p>"


def run(text: str, properties: str = "") -> str:
    """A run of text with properties, such as `<w:vanish/>`."""
    look = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{look}<w:t xml:space="preserve">{text}</w:t></w:r>'


def pdf_of(
    *contents: str,
    page_entries: Mapping[int, str] | None = None,
    catalog: str = "",
    objects: Sequence[str] = (),
) -> bytes:
    """A PDF with a page for each stream of operators. `objects` follow, from number `first_object` on."""
    first = first_object(len(contents))
    entries = page_entries or {}
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(contents)))
    made = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, content in enumerate(contents):
        made.append(
            f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * at} 0 R /MediaBox [0 0 612 792] "
            f"/Resources << /Font << /F1 3 0 R >> /XObject << /Im1 {first} 0 R >> >> {entries.get(at, '')} >>"
            if "/Im1" in content
            else f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * at} 0 R /MediaBox [0 0 612 792] "
            f"/Resources << /Font << /F1 3 0 R >> >> {entries.get(at, '')} >>"
        )
        made.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    body, starts = "%PDF-1.4\n", []
    for number, item in enumerate([*made, *objects], 1):
        starts.append(len(body))
        body += f"{number} 0 obj\n{item}\nendobj\n"
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    end = f"xref\n0 {len(starts) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer\n<< /Size {len(starts) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + end).encode()


def first_object(pages: int) -> int:
    """The number of the first of `objects` in a PDF of so many pages."""
    return 4 + 2 * pages


def shown(text: str) -> str:
    """The operators that draw one line."""
    return f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET"


def saved(save: Any) -> bytes:
    target = io.BytesIO()
    save(target)
    return target.getvalue()


def text_of(read: ReadText) -> str:
    return "\n\n".join(section.text for section in read.sections)


def left_out(read: ReadText) -> dict[str, int]:
    return {left.kind: left.count for left in read.left_out}


def read_docx_of(body: str, document: Document | None = None, **parts: str) -> ReadText:
    return read_text(docx_of(body, document, **parts), name="a.docx")
