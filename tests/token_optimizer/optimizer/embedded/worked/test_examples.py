"""Worked examples in many shapes: they are told from what is asked, and their answers go last."""

from __future__ import annotations

import json

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import instruction_pieces, message_pieces
from token_optimizer.optimizer.embedded.worked.examples import examples_in, has_examples
from token_optimizer.optimizer.embedded.worked.passages import example_passages
from token_optimizer.optimizer.pipeline import optimize_body

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
    "titled": ("Example {n}\nProblem: {}\nSolution: {}\nThe answer is near.\n\n", "Now solve:\nProblem: {}"),
    "numbered lines": ("{n}. {}\n   => {} The answer is near.\n", "\nYour turn: {}"),
    "counted": ("Example 1:\nQuestion: {}\n{}\nThe answer is near.\n\n", "Now you:\nQuestion: {}\n"),
}


def prompt(shape: str) -> str:
    example, asked = SHAPES[shape]
    return "".join(example.format(*pair, n=n) for n, pair in enumerate(SUMS, 1)) + asked.format(ASKED)


@pytest.mark.parametrize("shape", SHAPES)
def test_examples_are_told_from_what_is_asked(shape: str) -> None:
    pieces = message_pieces(prompt(shape))
    assert "".join(piece.raw for piece in pieces) == prompt(shape)
    (examples,) = [piece.raw for piece in pieces if piece.kind is Kind.EXAMPLES]
    assert all(question in examples for question, _ in SUMS)
    assert ASKED not in examples


@pytest.mark.parametrize("shape", SHAPES)
def test_each_answer_is_a_passage_of_its_own_and_worth_most_the_first_time(shape: str) -> None:
    (text,) = [piece.raw for piece in message_pieces(prompt(shape)) if piece.kind is Kind.EXAMPLES]
    passages = example_passages(text)
    answers = [one for one in passages if "The answer is near." in text[one.start : one.end]]
    assert len(answers) == len(SUMS)
    assert all("pears" not in text[one.start : one.end] for one in answers)
    assert all(one.facts == answers[0].facts for one in answers)
    assert sum(answers[0].facts.values()) > max(one.value for one in passages[2:])


LABELS = {
    "blank lines": ("Q: {}\nA: {}\n\n", "Q: {}\nA:"),
    "no blank lines": ("Q: {}\nA: {}\n", "Q: {}\nA:"),
    "full-width colons": ("入力：{}\n出力：{}\n\n", "入力：{}\n出力："),
    "Spanish": ("Texto: {}\nClase: {}\n\n", "Texto: {}\nClase:"),
    "arrows": ("{} => {}\n", "{} =>"),
    "arrows in quotes": ('"{}" -> {}\n', '"{}" ->'),
    "JSON": ('Input: {{"text": "{}"}}\nOutput: {{"class": "{}"}}\n\n', 'Input: {{"text": "{}"}}\nOutput:'),
    "counted": ("Example 1:\nText: {}\nClass: {}\n\n", "Now you.\nText: {}\nClass:"),
    "rules": ("Text: {}\nClass: {}\n---\n", "Text: {}\nClass:"),
}
WRITTEN = [
    *((f"The parcel of week {n} has not moved for days", "delivery") for n in range(20)),
    ("The glaze of a samovar was chipped when it came", "damage"),
    *((f"Bill {n} was paid two times, send the money back", "refund") for n in range(20)),
]
SAID = "The glaze of our teapot was chipped"


@pytest.mark.parametrize("shape", LABELS)
def test_the_examples_most_like_what_is_asked_stay_and_every_label_once(shape: str) -> None:
    example, asked = LABELS[shape]
    told = "".join(example.format(*pair) for pair in WRITTEN)
    messages = [{"role": "user", "content": f"Classify the text.\n\n{told}{asked.format(SAID)}"}]
    sent = _within(messages, 0.3)[0]["content"]
    assert "The glaze of a samovar was chipped when it came" in sent
    assert all(label in sent for label in ("delivery", "damage", "refund"))
    assert SAID in sent


# The example of number `n`, what is asked, and the answer in it.
ANSWERED = {
    "signs": ("Problem: {q}\nSolution: {w}\n#### {n}\n\n", "Problem: {q}\nSolution:", "#### {n}"),
    "on one line": ("Q: {q}\nA: {w} The answer is {n}.\n\n", "Q: {q}\nA:", "The answer is {n}."),
    "numbers": ("{n}. {q}\n   {w}\n   => {n}\n\n", "400. {q}\n", "=> {n}"),
    "speakers": ("User: {q}\nYou: {w}\nFinal: {n}\n", "User: {q}\nYou:", "Final: {n}"),
    "bold": (
        "### Example {n}\n**Q:** {q}\n**W:** {w}\n**A:** {n}\n\n",
        "### Now\n**Q:** {q}\n**W:**",
        "**A:** {n}",
    ),
}


@pytest.mark.parametrize("shape", ANSWERED)
def test_all_answers_stay_within_half_of_the_size(shape: str) -> None:
    example, asked, answer = ANSWERED[shape]
    numbers = range(201, 217)
    told = "".join(
        example.format(
            n=n,
            q=f"Ida picks {n + 1} pears and eats one, how many are left?",
            w=f"She had {n + 1}. One is gone.",
        )
        for n in numbers
    )
    sent = _within([{"role": "user", "content": told + asked.format(q=ASKED)}], 0.5)[0]["content"]
    assert [n for n in numbers if answer.format(n=n) not in sent] == []
    assert ASKED in sent


def test_a_numbered_task_is_no_list_of_examples() -> None:
    task = "\n\n".join(f"{n}. Paint the door of hall {n}.\n   => in blue, please" for n in range(1, 12))
    pieces = message_pieces(f"{task}\n\n12. Tell me when that is done.")
    assert not [piece for piece in pieces if piece.kind is Kind.EXAMPLES]


def test_examples_that_a_system_text_announces_are_cut_and_its_rules_stay() -> None:
    told = "\n\n".join(f"User: {text}\nLabel: {label}" for text, label in WRITTEN)
    system = f"You classify texts. Never invent a label.\n\nExamples:\n\n{told}"
    sent = _within([{"role": "system", "content": system}, {"role": "user", "content": SAID}], 0.3)
    assert sent[0]["content"].startswith("You classify texts. Never invent a label.\n\nExamples:")
    assert "The glaze of a samovar was chipped when it came" in sent[0]["content"]


@pytest.mark.parametrize(
    ("form", "lead"),
    [
        ("<example>\n<input>{}</input>\n<output>{}</output>\n</example>\n", "You label texts."),
        ("Q: {}\nA: {}\n\n", "Answer like this:\n\n"),
    ],
)
def test_examples_in_a_system_text_are_no_documents(form: str, lead: str) -> None:
    told = "".join(form.format(*pair) for pair in WRITTEN)
    pieces = instruction_pieces(f"{lead}\n\n{told}")
    assert [piece.raw.strip() for piece in pieces if piece.kind is Kind.EXAMPLES] == [told.strip()]
    rules = instruction_pieces(f"{lead}\n\nHere are documents:\n\n{told}\n{'Never guess a label. ' * 20}")
    assert not [piece for piece in rules if piece.kind is Kind.DOCUMENT]


@pytest.mark.parametrize("shape", ["titled", "numbered lines"])
def test_three_examples_are_enough_and_all_of_a_long_question_stays(shape: str) -> None:
    example, asked = SHAPES[shape]
    told = "".join(example.format(*pair, n=n) for n, pair in enumerate(SUMS[:3], 1))
    question = asked.format(f"{ASKED}\n\n{'Her pears are green. ' * 40}\n\nHow many does she have?")
    pieces = message_pieces(told + question)
    assert [piece.raw for piece in pieces if piece.kind is Kind.EXAMPLES]
    assert "Her pears" not in "".join(piece.raw for piece in pieces if piece.kind is Kind.EXAMPLES)


def test_entries_that_nothing_calls_examples_stay_in_a_system_text() -> None:
    rules = "\n\n".join(f"Tool: {text}\nUse: {label}" for text, label in WRITTEN)
    assert [piece.kind for piece in instruction_pieces(f"You have tools.\n\n{rules}")] == [Kind.PROSE]


def test_examples_of_how_to_work_are_instructions() -> None:
    told = "\n\n".join(f"User: {text}\nLabel: {label}" for text, label in WRITTEN)
    between = (
        f"You classify texts.\n\nExamples:\n\n{told}\n\n## What not to do\n\n{'Never guess a label. ' * 20}"
    )
    assert {piece.kind for piece in instruction_pieces(between)} == {Kind.PROSE}
    agent = f"You keep notes of what matters.\n\nExamples:\n\n{told}"
    tool = {"type": "function", "function": {"name": "note", "parameters": {"type": "object"}}}
    messages = [{"role": "system", "content": agent}, {"role": "user", "content": SAID}]
    body = {"model": "gpt-4o", "messages": messages, "tools": [tool]}
    found = optimize_body(body, "openai", config=OptimizerConfig.preset("balanced"), budget_tokens=400)
    assert found.body["messages"][0]["content"] == agent


def _within(messages: list[dict[str, str]], share: float) -> list[dict[str, str]]:
    config = OptimizerConfig.preset("balanced")
    whole = optimize_body({"messages": messages}, "openai", config=config).stats.tokens_before
    budget = int(share * whole)
    result = optimize_body({"messages": messages}, "openai", config=config, budget_tokens=budget)
    assert result.stats.tokens_after <= budget
    sent: list[dict[str, str]] = result.body["messages"]
    return sent


def test_a_quiz_that_is_asked_about_is_no_list_of_examples() -> None:
    """Its last question has its answer, too: none is left open."""
    quiz = "\n\n".join(
        f"Question {n}: What is {n} times {n * 7 % 13}?\nA) {n}\nB) {n * 3}\nCorrect: {'AB'[n % 2]}"
        for n in range(1, 40)
    )
    pieces = message_pieces(f"What is the correct answer of question 33?\n\n{quiz}")
    assert [piece for piece in pieces if piece.kind is Kind.EXAMPLES] == []


def test_records_of_one_type_are_no_examples() -> None:
    pods = "".join(f"kind: Pod\nname: pod-{n}\n---\n" for n in range(9))
    assert not has_examples(f"{pods}kind: Pod\nname: last")


@pytest.mark.parametrize("said", ["Here are examples:", "Voici quelques exemples :", "I solved these:"])
def test_examples_in_json_stay_whole(said: str) -> None:
    pairs = [
        {
            "input": f"Ann has {n} of them, and Bo has more. " * 6,
            "output": f"{'So we add them. ' * 12}It is {n}.",
        }
        for n in range(40)
    ]
    text = f"{said}\n{json.dumps(pairs, indent=1)}\n\nWhat comes to Ann and Bo where Cy has 12 of them?"
    sent = optimize_body(
        {"messages": [{"role": "user", "content": text}]}, "openai", config=OptimizerConfig.preset("balanced")
    ).body["messages"][0]["content"]
    assert all(f"It is {n}." in sent for n in range(40))


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{at:5}→    rest_{at} = fill(sack)\n" for at in range(1, 20)) + "   20→",
        "\n\n".join(
            f'# module.mill.sack_{at} will be created\n+ resource "sack" "s{at}" {{\n    + size = {at}\n  }}'
            for at in range(20)
        ),
    ],
)
def test_numbered_lines_and_plans_are_no_examples(text: str) -> None:
    assert not has_examples(text)


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_parts_below_headings_that_come_again_are_examples(between: str) -> None:
    solved = [
        between.join((f"## Problem\n{n} boats and {n} more", f"## Solution\nAdd {n} twice: {2 * n}\n"))
        for n in range(9)
    ]
    asked = between.join(("## Problem\n30 boats and 4 more", "## Solution\n"))
    text = "\n".join(["Solve.", *solved, asked])
    (start, end, kind), *others = examples_in(text)
    assert (text[end:].strip(), kind, others) == (asked.strip(), Kind.EXAMPLES, [])
    parts = [text[start:end][one.start : one.end] for one in example_passages(text[start:end])]
    assert len(parts) in (9, 18)
    assert all(part.startswith("## Problem") for part in parts[:: len(parts) // 9])


def test_sections_of_a_report_are_no_examples() -> None:
    pages = "\n".join(f"## Summary\nPage {n} tells of boats.\n## Details\nThere are {n}." for n in range(9))
    assert examples_in(f"{pages}\n\nHow many boats are on page 3?") == []
    assert examples_in(f"{pages}\n## Answer\n") == []


@pytest.mark.parametrize("shape", ["rules", "tags in turn"])
def test_an_answer_is_one_with_the_mark_behind_it(shape: str) -> None:
    pair = {"rules": "Input: {}\nOutput: {}\n---\n", "tags in turn": "<user>{}</user>\n<model>{}</model>\n"}
    text = "".join(pair[shape].format(asked, f"{asked}\n{answer}") for asked, answer in SUMS)
    answers = [text[one.start : one.end] for one in example_passages(text)][1::2]
    assert [answer in told for (_, answer), told in zip(SUMS, answers, strict=True)] == [True] * len(SUMS)
