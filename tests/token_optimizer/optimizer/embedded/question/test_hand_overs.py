"""What hands a conversation over is told, and no material: all that is left of the old one stands there."""

from __future__ import annotations

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.embedded.question.hand_overs import hand_over_chars

OPENINGS = [
    "This session is being continued from a previous conversation that ran out of context.",
    "Another language model started to solve this problem and left a summary of its work.",
    "Here is a summary of our previous conversation:",
    "<state_snapshot>",
    "## Conversation summary",
]
LOST = ["parcels", "labels", "letters", "stamps", "orders", "crates", "ships", "cars"] * 5
STEPS = "".join(
    f"{n}. Step {n}: I changed `src/part_{n}.py`, since {word} were lost on {word} day.\n"
    for n, word in enumerate(LOST)
)
SAID = "The user said that the admin pages are not to be touched.\n\n"
GO_ON = "Go on with the last task, the labels."


@pytest.mark.parametrize("opening", OPENINGS)
def test_it_is_told_by_its_opening(opening: str) -> None:
    text = f"{opening}\n\n{STEPS}{SAID}{GO_ON}"
    assert text[hand_over_chars(text) :] == GO_ON
    messages, _ = optimize([{"role": "user", "content": text}])
    assert messages[0]["content"] == text


@pytest.mark.parametrize(
    "text", ["Summarize our conversation.", "This session is fun.", f"Report\n\n{STEPS}{GO_ON}"]
)
def test_other_texts_hand_nothing_over(text: str) -> None:
    assert hand_over_chars(text) == 0
