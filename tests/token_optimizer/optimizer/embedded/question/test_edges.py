"""What asks at the edges stays, and what is asked about is told from it, whatever the layout."""

from __future__ import annotations

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import message_pieces
from token_optimizer.optimizer.pipeline import optimize_body

PLACES = [f"{thing} of {place}" for thing in ("mill", "ferry", "granary", "brewery") for place in (
    "Harrow", "Eskmouth", "Tallis", "Corve", "Danforth", "Ormskirk", "Pelham", "Quill", "Rudby", "Selsey",
)]  # fmt: skip
NOTES = [
    f"Visitors praise the view from the gallery. The {place} employs {100 + 7 * n} people since {1800 + n}. "
    f"The road from the station is steep and badly lit."
    for n, place in enumerate(PLACES)
]
QUESTION = "How many people does the granary of Corve employ?"
NEED = "The granary of Corve employs 261 people"
FORM = 'Answer in JSON with the keys "answer" and "source". Use at most 12 words.'
SURVEYS = {
    "lines": "\n".join(
        f"{n}. How many people does the {place} employ?\n{note}"
        for n, (place, note) in enumerate(zip(PLACES, NOTES, strict=True), 1)
    ),
    "labels": "\n\n".join(
        f"{n}) How many people does the {place} employ?\n   Answer: {note}"
        for n, (place, note) in enumerate(zip(PLACES, NOTES, strict=True), 1)
    ),
}
TEXT = "\n\n".join(NOTES)


def _sent(*said: str, share: float | None = None) -> tuple[float, str]:
    roles = ("user", "assistant")
    body = {"messages": [{"role": roles[n % 2], "content": text} for n, text in enumerate(said)]}
    config = OptimizerConfig.preset("balanced")
    whole = optimize_body(body, "openai", config=config).stats.tokens_before
    found = optimize_body(body, "openai", config=config, budget_tokens=share and int(share * whole))
    text = "\n".join(message["content"] for message in found.body["messages"])
    return found.stats.tokens_after / whole, text


@pytest.mark.parametrize("form", SURVEYS)
@pytest.mark.parametrize("layout", ["{q}\n\n{m}", "{m}\n\n{q}", "{m}\n\n{q}\n\n{f}", "{q}\n\n{m}\n\n{f}"])
@pytest.mark.parametrize("share", [None, 0.5])
def test_a_list_of_answered_questions_is_material(form: str, layout: str, share: float | None) -> None:
    left, text = _sent(layout.format(q=QUESTION, m=SURVEYS[form], f=FORM), share=share)
    assert left < 0.85
    assert NEED in text
    assert text.startswith(QUESTION) or layout.startswith("{m}")
    assert text.endswith((FORM, QUESTION) if layout.endswith(("{f}", "{q}")) else "")


def test_questions_with_options_are_asked() -> None:
    quiz = "\n".join(f"{n}. Who is at the {place}?\nA) Ada\nB) Bo" for n, place in enumerate(PLACES[:5], 1))
    pieces = message_pieces(f"Answer these questions from the notes:\n{quiz}\n\n{TEXT}")
    asked = "".join(one.raw for one in pieces if one.kind is Kind.PROSE and not one.background)
    assert quiz in asked


@pytest.mark.parametrize(
    "end",
    ["\n\nBest,\nTom", "\n\nThanks a lot!", "\n\nViele Grüße\nTom", " Thanks in advance!\n\nRegards,\nTom"],
)
@pytest.mark.parametrize("share", [None, 0.3])
def test_thanks_and_a_name_may_follow_the_question(end: str, share: float | None) -> None:
    left, text = _sent(f"Hi there,\n\nI inherited some notes.\n\n{TEXT}\n\n{QUESTION}{end}", share=share)
    assert left < 0.7
    assert NEED in text
    assert text.endswith(f"{QUESTION}{end}")


def test_a_mail_that_ends_with_a_name_asks_nothing_by_it() -> None:
    _, text = _sent(QUESTION, "Please send me the notes.", f"{TEXT}\n\nRegards", share=0.4)
    assert NEED in text


@pytest.mark.parametrize("share", [None, 0.4])
def test_the_question_above_is_the_one_that_was_asked_before(share: float | None) -> None:
    again = "Please answer the question above."
    left, text = _sent(QUESTION, "Please send me the notes.", f"{TEXT}\n\n{again}", share=share)
    assert left < 0.7
    assert NEED in text
    assert QUESTION in text
    assert text.endswith(again)


@pytest.mark.parametrize(
    "asked", ["for how much was the ferry of quill bought", "in welchem jahr schloss die fähre von quill"]
)
def test_a_question_in_small_letters_may_begin_with_a_preposition(asked: str) -> None:
    pieces = message_pieces(f"{TEXT}\n\n{asked}")
    assert pieces[-1].kind is Kind.PROSE
    assert pieces[-1].raw.strip() == asked
