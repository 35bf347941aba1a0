"""Secrets in texts of JSON: everything else stays to the character."""

from __future__ import annotations

import json

import pytest

from tests.growth import MAX_RATIO, ratio
from token_optimizer.masking.detectors import Finder
from token_optimizer.masking.json_texts import masked_json

FINDER = Finder(["email"])


def masked(text: str) -> str:
    return masked_json(text, FINDER.spans, lambda original, _name: f"<{original.upper()}>")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('{"to": "a@b.com"}', '{"to": "<A@B.COM>"}'),
        ('{"a@b.com":[1.50, true]}', '{"<A@B.COM>":[1.50, true]}'),
        (r'{"n":"\u00e9 \"a@b.com\" \n"}', r'{"n":"\u00e9 \"<A@B.COM>\" \n"}'),
        (r'{"n":"a\u0040b.com"}', '{"n":"<A@B.COM>"}'),
        (r'{"n":"x\\na@b.com"', r'{"n":"x\\<NA@B.COM>"'),
        (r'{"n":"x\na@b.com, cut of', r'{"n":"x\n<A@B.COM>, cut of'),
        (r'{"n":"a@b.com\ '[:-1], r'{"n":"<A@B.COM>\ '[:-1]),
        ("{}", "{}"),
    ],
)
def test_a_secret_is_found_as_the_string_reads(text: str, after: str) -> None:
    assert masked(text) == after


def test_what_is_masked_is_still_json() -> None:
    text = json.dumps({"to": 'the "a@b.com"\n\t\\', "n": ["ü", "a@b.com"]})
    assert json.loads(masked(text)) == {"to": 'the "<A@B.COM>"\n\t\\', "n": ["ü", "<A@B.COM>"]}


@pytest.mark.parametrize("piece", ['"', '\\"', '"\\', '{"a":"a@b.com"},', "\\u0061"])
def test_time_grows_with_the_length_of_hostile_text(piece: str) -> None:
    assert ratio(lambda text: masked('{"' + text), piece, 30_000) <= MAX_RATIO
