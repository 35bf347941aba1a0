"""Whether an item is found: by its words in order, or by most of them close together."""

from __future__ import annotations

import pytest

from token_optimizer.cli.bench.matching import Haystack, normalised


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("", ""),
        ("  Hello, World! ", "hello world"),
        ("snake_case-and.dots", "snake case and dots"),
        (r"line\nbreak \"quoted\" caf\u00e9", "line break quoted café"),
        ("ﬁne １２", "fine 12"),
    ],
)
def test_how_texts_are_compared(text: str, compared: str) -> None:
    assert normalised(text) == compared


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"any": ["Connection refused"]}, True),
        ({"any": ["refused connection"]}, False),
        ({"any": ["nection refused"]}, False),
        ({"any": ["absent", "10.0.0.5"]}, True),
        ({"any": [""]}, False),
        ({"any": ["refused connection"], "mode": "words"}, True),
        ({"any": ["refused connection to the peer absent"], "mode": "words"}, True),
        ({"any": ["refused connection to the peer absent"], "mode": "words", "min": 0.9}, False),
        ({"any": ["connection peer"], "mode": "words", "span": 2}, False),
    ],
)
def test_items(item: dict[str, object], found: bool) -> None:
    text = "ERROR: connection refused (10.0.0.5) by the other peer"
    assert Haystack(text).holds(item) is found


def test_words_that_stand_far_apart_are_not_together() -> None:
    haystack = Haystack("alpha " + "filler " * 100 + "omega")
    assert not haystack.holds_words("alpha omega", 1.0)
    assert haystack.holds_words("alpha omega", 1.0, span=101)
