"""Worked examples go or stay with what they answer where that is short."""

from __future__ import annotations

import json

from token_optimizer import optimize
from token_optimizer.optimizer.embedded.worked.passages import example_passages

LABELS = ("billing", "login", "shipping")
TICKETS = [
    f"Ticket: {said}, and I wait since day {n}.\nLabel: {LABELS[n % 3]}\n\n"
    for n, said in enumerate(["My card was charged twice", "The code is wrong", "The parcel is lost"] * 8)
]
ASKED = "Ticket: Nobody brought the parcel.\nLabel:"


def test_a_short_lead_and_its_answer_are_one_passage() -> None:
    text = "".join(TICKETS)
    passages = example_passages(text)
    assert [text[one.start : one.end] for one in passages] == TICKETS
    assert [set(one.facts) for one in passages[:3]] == [{f"answer Label: {label}"} for label in LABELS]


def test_no_ticket_is_left_without_its_label_and_no_label_without_its_ticket() -> None:
    text = f"Classify each ticket: billing, login or shipping.\n\n{''.join(TICKETS)}{ASKED}"
    for budget in (None, 300):
        messages, stats = optimize([{"role": "user", "content": text}], budget_tokens=budget)
        left = messages[0]["content"]
        assert stats.tokens_after < 0.8 * stats.tokens_before
        assert left.count("Ticket: ") == left.count("Label:")
        assert all(f"Label: {label}\n" in left for label in LABELS)


def test_json_shows_its_names_and_the_labels_that_others_have() -> None:
    ada, bo, town = ({"type": kind, "text": said} for kind, said in ["PA", "PB", "LC"])
    answers = [[ada], [town, bo], []]
    text = "".join(f"Text: {n}\nEntities: {json.dumps(one)}\n\n" for n, one in enumerate(answers))
    shown = [{fact.removeprefix("answer ") for fact in one.facts} for one in example_passages(text)]
    assert shown == [{"type", "text", "P"}, {"type", "text", "P"}, {"Entities: []"}]
