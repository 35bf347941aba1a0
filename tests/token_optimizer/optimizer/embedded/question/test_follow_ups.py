"""Questions that go on from the one before."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.embedded.question.follow_ups import goes_on


@pytest.mark.parametrize(
    "question",
    [
        "And what about the second one?",
        "How about Rome?",
        "Why is that?",
        "Who built it?",
        "And the last?",
        "Und die Fähre?",
    ],
)
def test_a_short_question_that_points_back_goes_on(question: str) -> None:
    assert goes_on(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who was the first king?",
        "Which sheet says that the kiln was red?",
        "Is iron dear?",
        f"And {'who ' * 20}is it?",
    ],
)
def test_a_question_that_says_all_of_itself_does_not(question: str) -> None:
    assert not goes_on(question)
