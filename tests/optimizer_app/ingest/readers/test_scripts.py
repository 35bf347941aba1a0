"""Superscripts and subscripts in plain text."""

from __future__ import annotations

import pytest

from optimizer_app.ingest.readers.scripts import finished, subscript, superscript


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("10" + superscript("6"), "10^6"),
        ("10" + superscript("6") + "m", "10^{6}m"),
        ("10" + superscript("-6") + " m", "10^-6 m"),
        ("x" + superscript("n+1"), "x^{n+1}"),
        ("x" + subscript("i") + superscript("2"), "x_i^2"),
        ("10" + superscript("1") + superscript("2"), "10^12"),
        ("a" + superscript("b" + superscript("2")), "a^{b^2}"),
        ("2" + superscript("nd") + " of May", "2nd of May"),
        ("sand" + superscript("nd"), "sand^nd"),
        ("note" + superscript("[3]"), "note[3]"),
        ("note" + superscript("*"), "note*"),
        ("x^{2} stays", "x^{2} stays"),
        ("log" + subscript("2") + "8", "log_{2}8"),
    ],
)
def test_it_works(text: str, written: str) -> None:
    assert finished(text) == written
