"""No file makes its reader slow: its time grows linearly, whatever the file holds."""

from __future__ import annotations

from contextlib import suppress

import pytest

from optimizer_app.ingest.read import read_document
from optimizer_app.ingest.readers.problems import UnreadableDocument
from tests.growth import MAX_RATIO, ratio
from tests.hostile_texts import PIECES

_CHARS = 4_000
_NAMES = ("a.md", "a.csv", "a.json", "a.py", "a.html")
_LINES = [
    "# a" + " " * 200 + "b\n",
    "@a\n",
    '"a\nb",c\n',
    "f(" + ") " * 150 + "\n",
    "# # #\n",
    "<div>",
    "<li>",
]


@pytest.mark.long
@pytest.mark.parametrize("piece", PIECES + _LINES)
def test_time_grows_linearly(piece: str) -> None:
    def run(text: str) -> None:
        for name in _NAMES:
            with suppress(UnreadableDocument):
                read_document(text.encode("utf-8", "replace"), name=name)

    assert ratio(run, piece, _CHARS) <= MAX_RATIO


@pytest.mark.parametrize("line", ["# a" + " " * 200_000 + "b", "#" + " " * 200_000, "# " + "#" * 200_000])
def test_one_long_heading(line: str) -> None:
    assert len(read_document(line.encode() + b"\n\ntext", name="a.md").chunks) >= 1
