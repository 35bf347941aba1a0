"""Formulas of Word as one line; those of web pages are tested with HTML."""

from __future__ import annotations

import pytest
from docx.oxml import parse_xml

from optimizer_app.ingest.readers.formulas import linear
from optimizer_app.ingest.readers.scripts import finished
from tests.optimizer_app.ingest.readers.files import NAMESPACES


def r(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r("a + b"), "a + b"),
        (f"<m:f><m:fPr/><m:num>{r('a')}</m:num><m:den>{r('b')}</m:den></m:f>", "(a)/(b)"),
        (f"<m:sSub><m:e>{r('x')}</m:e><m:sub>{r('1')}</m:sub></m:sSub>", "x_1"),
        (
            f"<m:sSubSup><m:e>{r('x')}</m:e><m:sub>{r('1')}</m:sub><m:sup>{r('2')}</m:sup></m:sSubSup>",
            "x_1^2",
        ),
        (f"<m:rad><m:deg/><m:e>{r('x')}</m:e></m:rad>", "sqrt(x)"),
        (f"<m:rad><m:deg>{r('3')}</m:deg><m:e>{r('x')}</m:e></m:rad>", "root(x, 3)"),
        (f"<m:d><m:e>{r('a')}</m:e><m:e>{r('b')}</m:e></m:d>", "(a, b)"),
        (f"<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=']'/></m:dPr><m:e>{r('a')}</m:e></m:d>", "[a]"),
        (
            f"<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{r('1')}</m:sub><m:sup>{r('n')}</m:sup>"
            f"<m:e>{r('k')}</m:e></m:nary>",
            "∑_1^n k",
        ),
    ],
)
def test_it_works(formula: str, text: str) -> None:
    assert finished(linear(parse_xml(f"<m:oMath {NAMESPACES}>{formula}</m:oMath>"))) == text
