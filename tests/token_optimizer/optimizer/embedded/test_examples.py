"""Worked examples in many shapes: they are told from what is asked, and their answers go last."""

from __future__ import annotations

import pytest

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import message_pieces
from token_optimizer.optimizer.prose.passages import example_passages

SUMS = [
    (f"Ida has {n} pears and eats one. How many are left?", f"One less than {n} is {n - 1}.")
    for n in range(3, 9)
]
ASKED = "Ida has 40 pears and eats three. How many are left?"
SHAPES = {
    "labels": ("Question: {}\n{}\nThe answer is near.\n\n", "Question: {}\n"),
    "letters": ("Q: {}\nA: {}\nThe answer is near.\n\n", "Q: {}\nA:"),
    "tags": ("<example>\n{}\n{}\nThe answer is near.\n</example>\n", "\n{}"),
    "numbered tags": ('<shot id="1">\n{}\n{}\nThe answer is near.\n</shot>\n', "\n{}"),
    "rules": ("Input: {}\nOutput: {}\nThe answer is near.\n---\n", "Input: {}\nOutput:"),
    "headings": ("### Example\nQuestion: {}\n{}\nThe answer is near.\n\n", "### Now you\nQuestion: {}\n"),
    "counted": ("Example 1:\nQuestion: {}\n{}\nThe answer is near.\n\n", "Now you:\nQuestion: {}\n"),
}


def prompt(shape: str) -> str:
    example, asked = SHAPES[shape]
    return "".join(example.format(*pair) for pair in SUMS) + asked.format(ASKED)


@pytest.mark.parametrize("shape", SHAPES)
def test_examples_are_told_from_what_is_asked(shape: str) -> None:
    pieces = message_pieces(prompt(shape))
    assert "".join(piece.raw for piece in pieces) == prompt(shape)
    (examples,) = [piece.raw for piece in pieces if piece.kind is Kind.EXAMPLES]
    assert all(question in examples for question, _ in SUMS)
    assert ASKED not in examples


@pytest.mark.parametrize("shape", SHAPES)
def test_each_answer_is_a_passage_of_its_own_and_worth_most(shape: str) -> None:
    (text,) = [piece.raw for piece in message_pieces(prompt(shape)) if piece.kind is Kind.EXAMPLES]
    passages = example_passages(text)
    answers = [one for one in passages if "The answer is near." in text[one.start : one.end]]
    assert len(answers) == len(SUMS)
    assert all("pears" not in text[one.start : one.end] for one in answers)
    assert min(one.value for one in answers) == max(one.value for one in passages[2:])
