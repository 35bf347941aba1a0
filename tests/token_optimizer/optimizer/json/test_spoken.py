"""JSON in which people speak is cut like what they say in lines."""

from __future__ import annotations

import json
import random

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.json.spoken import is_said_in_turn, is_spoken

_SUBJECTS = ("the casing", "the colours", "the menu", "the price", "the buttons", "the display")
_OPINIONS = ("could be simpler", "took us two weeks", "is what users see first", "was tested on Monday")
_ANSWER = "We take the solar cell then, and that is settled for the first series."


def turns() -> list[tuple[str, str]]:
    some = random.Random(7)
    said = [
        (some.choice(("Ana", "Ben", "Cleo")), f"I think {subject} {opinion}, number {some.randrange(900)}.")
        for subject, opinion in ((some.choice(_SUBJECTS), some.choice(_OPINIONS)) for _ in range(120))
    ]
    said[70:70] = [("Ana", "So what about the battery of the remote control?"), ("Ben", _ANSWER)]
    return said


def rows(speaker: str, text: str) -> list[dict[str, str | int]]:
    return [{"id": at, speaker: name, text: said} for at, (name, said) in enumerate(turns())]


KEYS = [("speaker", "text"), ("author", "body"), ("from", "message"), ("user_name", "content")]


@pytest.mark.parametrize(("speaker", "text"), KEYS)
@pytest.mark.parametrize("by_line", [False, True])
def test_the_answer_beside_what_is_asked_about_stays_over_a_budget(
    speaker: str, text: str, by_line: bool
) -> None:
    written = rows(speaker, text)
    data = "\n".join(map(json.dumps, written)) if by_line else json.dumps(written)
    prompt = f"{data}\n\nWhat did they decide about the battery of the remote control?"
    messages = [{"role": "user", "content": prompt}]
    optimized, report = optimize(messages, budget_tokens=900)
    assert report.tokens_after <= 900
    assert _ANSWER in str(optimized[0]["content"])


@pytest.mark.parametrize(("speaker", "text"), KEYS)
def test_the_answer_beside_what_is_asked_about_stays_without_a_budget(speaker: str, text: str) -> None:
    data = json.dumps(rows(speaker, text) + rows(speaker, text)[:60])
    prompt = f"{data}\n\nWhat did they decide about the battery of the remote control?"
    optimized, report = optimize([{"role": "user", "content": prompt}])
    assert _ANSWER in str(optimized[0]["content"])
    assert 0.3 < report.tokens_after / report.tokens_before < 0.8


@pytest.mark.parametrize(("speaker", "text"), KEYS)
def test_rows_with_a_name_and_sentences_are_said_in_turn(speaker: str, text: str) -> None:
    assert is_said_in_turn(json.dumps(rows(speaker, text)))
    assert is_spoken(json.dumps(rows(speaker, text))) is (speaker == "speaker")


@pytest.mark.parametrize(
    "row",
    [
        {"user": "ana", "message": "login"},
        {"name": "Lamp 7", "text": "in the shop now", "sizes": list(range(40)), "maker": "Lux of Ghent"},
        {"title": "On lamps", "text": "A lamp is what gives light in a room, or beside a road."},
    ],
    ids=["events", "records", "articles"],
)
def test_records_are_not(row: dict[str, object]) -> None:
    assert not is_said_in_turn(json.dumps([row] * 40))
