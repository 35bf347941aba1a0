"""Worked examples without labels are known by their answers, and what follows the last one is asked."""

from __future__ import annotations

import pytest

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import message_pieces
from token_optimizer.optimizer.embedded.worked.answers import answered_examples
from token_optimizer.optimizer.embedded.worked.passages import example_passages

SUMS = [
    (f"Ida has {n} pears and eats one.\nHow many are left?", f"Of {n} pears one goes.\n{{}} {n - 1}.")
    for n in range(5, 11)
]
ASKED = "Ida has 40 pears and eats three.\nHow many are left?\nOptions:\n(A) 37\n(B) 43"
LEADS = ["So the answer is", "The answer:", "Die Antwort ist also", "Jawabannya adalah kira-kira"]
LAYOUTS = {
    "one paragraph": ("{}\n{}\n\n", "{}"),
    "two paragraphs": ("{}\n\n{}\n\n", "{}"),
    "a table": ("| {} | {} |\n", "| {} |"),
    "a list": ("1. {}\n   => {}\n", "\nYour turn: {}"),
    "lines": ("{}\n{}\n", "{}"),
}


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_follows_the_last_answer_is_asked(layout: str, lead: str) -> None:
    example, asked = LAYOUTS[layout]
    told = "".join(example.format(one, other.format(lead)) for one, other in SUMS)
    pieces = message_pieces(f"Solve it.\n\n{told}{asked.format(ASKED)}")
    assert [piece.kind for piece in pieces] == [Kind.PROSE, Kind.EXAMPLES, Kind.PROSE]
    assert [piece.raw.strip() for piece in pieces[1:]] == [told.strip(), asked.format(ASKED).strip()]


def test_a_number_behind_marks_is_an_answer() -> None:
    told = "".join(f"{one}\nOne goes.\n#### {n}\n\n" for n, (one, _) in enumerate(SUMS))
    assert answered_examples(f"{told}{ASKED}") == (0, len(told) - 1)


REVIEWS = [(f"The film of week {n} was long.", ("good", "bad", "mixed")[n % 3]) for n in range(9)]


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_labels_on_their_own_lines_are_answers(between: str) -> None:
    told = "".join(f"{said}\n{label}{between}" for said, label in REVIEWS)
    text = f"Judge the reviews.\n\n{told}The hall was empty at the end."
    found = answered_examples(text)
    assert found is not None
    assert text[found[0] : found[1]].strip() == told.strip()
    passages = example_passages(text[found[0] : found[1]])
    assert [text[found[0] :][one.start : one.end].strip() for one in passages] == [
        f"{said}\n{label}" for said, label in REVIEWS
    ]


def test_names_above_what_people_say_are_no_answers() -> None:
    text = "".join(f"{('Ada', 'Bo')[n % 2]}\nI was at the mill on day {n}.\n" for n in range(10))
    assert answered_examples(f"Talk of May\n{text}When was Ada there?") is None
