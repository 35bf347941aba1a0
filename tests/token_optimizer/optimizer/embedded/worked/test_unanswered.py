"""The question that has no answer yet stays what is asked, in whatever marks it and the others stand."""

from __future__ import annotations

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import message_pieces
from token_optimizer.optimizer.embedded.worked.unanswered import unanswered_in
from token_optimizer.optimizer.pipeline import optimize_body

ASKED = "Which statement is sarcastic?\nOptions:\n(A) Build carriages instead\n(B) Build lightrail instead"
PAIRS = [
    (
        f"Which statement is sarcastic?\nOptions:\n(A) A huge {one} it is\n(B) A fine {one} it is",
        f"Let's think step by step.\nIf we look at (A), it says that the {one} is huge, and nobody would say "
        f"that of a {one} that he likes. If we look at (B), that praises the {one}, as many do.\n"
        f"Above the above, the sarcastic option is ({'AB'[len(one) % 2]}). So the answer is (A), the {one}.",
    )
    for one in ("tram", "bridge", "harbour", "kite")
]
MARKS = {
    "labels apart": ("Human: {}\n\nAssistant: {}\n\n", "Human: {}\n\nAssistant:"),
    "labels": ("Text: {}\nLabel: {}\n", "Text: {}\nLabel:"),
    "no label at the end": ("Text: {}\n###\nLabel: {}\n###\n", "Text: {}"),
    "bold": ("**User:** {}\n**AI:** {}\n", "**User:** {}\n**AI:**"),
    "tags": ("<user>{}</user>\n<assistant>{}</assistant>\n", "<user>{}</user>"),
    "lines of tags": ("<Input>\n{}\n</Input>\n<Output>\n{}\n</Output>\n", "<Input>\n{}\n</Input>\n<Output>"),
    "ChatML": (
        "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n{}<|im_end|>\n",
        "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
    ),
    "Gemma": (
        "<start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n{}<end_of_turn>\n",
        "<start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n",
    ),
    "headings": ("## Problem\n\n{}\n\n## Solution\n\n{}\n\n", "## Problem\n\n{}\n\n## Solution\n"),
    "numbers": ("7. {}\nAnswer: {}\n\n", "7. {}\nAnswer:"),
    "nothing before it": ("Human: {}\n\nAssistant: {}\n\n", "{}"),
}


def prompt(marks: str) -> str:
    pair, asked = MARKS[marks]
    return "".join(pair.format(*one) for one in PAIRS) + asked.format(ASKED)


@pytest.mark.parametrize("marks", MARKS)
def test_what_has_no_answer_is_asked(marks: str) -> None:
    text = prompt(marks)
    found = unanswered_in(text)
    assert found is not None
    assert text[found.start :] == MARKS[marks][1].format(ASKED)


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("budget_tokens", [None, 300])
def test_the_question_stays_word_for_word(marks: str, budget_tokens: int | None) -> None:
    body = {"messages": [{"role": "user", "content": prompt(marks)}]}
    found = optimize_body(
        body, "openai", config=OptimizerConfig.preset("balanced"), budget_tokens=budget_tokens
    )
    assert ASKED in found.body["messages"][0]["content"]


@pytest.mark.parametrize("marks", ["labels apart", "tags"])
def test_answers_that_end_alike_are_examples(marks: str) -> None:
    pieces = message_pieces(prompt(marks))
    assert [piece.kind for piece in pieces] == [Kind.EXAMPLES, Kind.PROSE]
    assert pieces[1].raw == MARKS[marks][1].format(ASKED)


@pytest.mark.parametrize(
    "text",
    [
        "Human: One?\nAssistant: Yes.\nHuman: Two?\nAssistant: No.\nHuman: Three?\nAssistant: Perhaps.",
        "Title: A\nText: B\nTitle: C\nTitle: D\nText: E\nText: F\nTitle: G",
        "One?\n\nTwo?\n\nThree?",
        f"Human: One?\nAssistant: Yes.\nHuman: Two?\nAssistant: No.\nHuman: {'On and on. ' * 600}",
    ],
    ids=["all answered", "no turns", "no marks", "more than a question"],
)
def test_elsewhere_nothing_is_found(text: str) -> None:
    assert unanswered_in(text) is None
