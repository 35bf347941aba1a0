"""What may be kept under a budget, and what it is worth."""

from __future__ import annotations

from typing import Any

from tests.token_optimizer.optimizer.stages.test_every_stage import context_of, prompt_of
from token_optimizer.optimizer.selection.candidates import candidates_of, covered_facts
from token_optimizer.optimizer.selection.cutters import CUTTERS
from token_optimizer.optimizer.selection.cutting import cuttable_blocks

_RULE = "You MUST write to out_dir, and NEVER to any other place."
_LINES = [f"Part {number} of the house has a roof of tiles from mill_{number}." for number in range(12)]


def _chat(first: str) -> list[dict[str, Any]]:
    later = [{"role": role, "content": "Fine."} for role in ("assistant", "user") * 3]
    return [{"role": "user", "content": first}, *later]


def test_directives_are_no_candidates_and_what_they_name_is_said_anyhow() -> None:
    prompt = prompt_of({"messages": _chat(" ".join([*_LINES[:6], _RULE, *_LINES[6:]]))}, "openai")
    cuttables = cuttable_blocks(prompt, context_of(prompt, 0.5), lambda block: CUTTERS.get(block.kind), ())
    first = cuttables[0]
    found = candidates_of(prompt, cuttables, 9)
    kept = {first.texts[place] for place in found.places[found.texts == 0]}
    assert len(kept) == len(first.passages) - 1
    assert not any("MUST" in text for text in kept)
    assert "name out_dir" in covered_facts(prompt, cuttables)
    assert "name mill_3" not in covered_facts(prompt, cuttables)


def test_what_is_said_while_people_speak_of_the_asked_is_worth_more() -> None:
    """A turn without a word of the question, five turns away from one that has some."""
    turns = [
        f"{'Ada' if number % 2 else 'Bob'}: Well, so be it then, number {number}." for number in range(200)
    ]
    for number in (90, 95, 105, 110):
        turns[number] = "Ada: And the harbour bridge, what of it?"
    text = "Meeting transcript:\n" + "\n".join(turns) + "\nQuestion: What about the harbour bridge?"
    prompt = prompt_of({"messages": [{"role": "user", "content": text}]}, "openai")
    cuttables = cuttable_blocks(prompt, context_of(prompt, 0.5), lambda block: CUTTERS.get(block.kind), ())
    found = candidates_of(prompt, cuttables, 9)
    values = {
        cuttables[text].texts[place]: value
        for text, place, value in zip(found.texts, found.places, found.values, strict=True)
    }
    assert values[f"{turns[100]}\n"] > values[f"{turns[20]}\n"]
