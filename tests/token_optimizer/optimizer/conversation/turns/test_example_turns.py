"""Worked examples given as turns: they are told from a conversation, and go and stay as pairs."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import OptimizationResult
from token_optimizer.optimizer.conversation.turns.example_turns import example_turns
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.pipeline import optimize_body

THINGS = ["belt", "invoice", "login", "pump", "refund", "password", "fan", "receipt", "badge", "gear"]
ASKED = "Ticket: The refund for my receipt never came."


def _messages(said: list[tuple[str, str]], asked: str) -> list[dict[str, Any]]:
    pairs = [
        ({"role": "user", "content": one}, {"role": "assistant", "content": other}) for one, other in said
    ]
    return [
        {"role": "system", "content": "Sort."},
        *chain.from_iterable(pairs),
        {"role": "user", "content": asked},
    ]


def _tickets(answer: str) -> list[tuple[str, str]]:
    texts = [
        f"Ticket: The {thing} of bay {n} has been out of order since the spring."
        for n, thing in enumerate(THINGS)
    ]
    return [(text, answer.format(team=f"team {n % 3}", n=n)) for n, text in enumerate(texts)]


def _turns(said: list[tuple[str, str]], asked: str) -> int:
    return len(example_turns(canonicalize({"messages": _messages(said, asked)}, "openai")))


@pytest.mark.parametrize(
    "answer",
    [
        '{{"team": "{team}", "urgent": true}}',
        "{team}",
        "The bay is number {n}.\nThe answer is {team}.",
        "Team: {team}",
    ],
)
def test_answers_of_one_form_make_examples(answer: str) -> None:
    assert _turns(_tickets(answer), ASKED) == len(THINGS)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (_tickets("{team}")[:2], ASKED),
        (_tickets("{team}"), "And what about the crane?"),
        (
            [(f"What of bay {n}?", f"Bay {n} is open. It was painted in {1990 + n}.") for n in range(6)],
            "And now?",
        ),
        ([(f"Bay {n}?", f"It is open.\nLet me know about bay {n + 1}.") for n in range(6)], "And bay 9?"),
        ([(f"Go to bay {n}.", "Done.") for n in range(6)], "Go to bay 7."),
        ([*_tickets("{team}"), ("Thanks!", "You are welcome, and do ask again.")], ASKED),
    ],
)
def test_a_conversation_has_none(said: list[tuple[str, str]], asked: str) -> None:
    assert _turns(said, asked) == 0


def _sent(share: float, answer: str) -> tuple[OptimizationResult, list[dict[str, Any]]]:
    body = {"messages": _messages(_tickets(answer), ASKED)}
    config = OptimizerConfig.preset("balanced")
    whole = optimize_body(body, "openai", config=config).stats.tokens_before
    result = optimize_body(body, "openai", config=config, budget_tokens=int(share * whole))
    return result, result.body["messages"]


@pytest.mark.parametrize(
    "answer", ['{{"team": "{team}", "urgent": true}}', "Bay {n}.\nThe answer is {team}."]
)
@pytest.mark.parametrize("share", [0.35, 0.6])
def test_whole_pairs_stay_by_their_likeness_to_what_is_asked(share: float, answer: str) -> None:
    result, sent = _sent(share, answer)
    pairs = _tickets(answer)
    assert result.stats.over_budget == ""
    kept = [
        number
        for number, (text, shown) in enumerate(pairs)
        if any(
            one["content"].endswith(text) and other["content"] == shown
            for one, other in zip(sent[1::2], sent[2::2], strict=False)
        )
    ]
    assert len(kept) == len(sent) // 2 - 1
    assert {THINGS.index("refund"), THINGS.index("receipt")} <= set(kept)
    assert sent[-1]["content"].endswith(ASKED)
    assert "passage" not in json.dumps(sent)


def test_by_default_what_leads_to_an_answer_goes_but_in_the_first_example() -> None:
    lead = "The ticket names bay {n}. Of all those who look after bays, one knows it best. Ask them."
    answer = lead + "\nThe answer is {team}."
    body = {"messages": _messages(_tickets(answer), ASKED)}
    sent = optimize_body(body, "openai", config=OptimizerConfig.preset("balanced")).body["messages"]
    assert [one["content"] for one in sent[1::2]] == [one["content"] for one in body["messages"][1::2]]
    answers = [
        (now["content"], was["content"]) for now, was in zip(sent[2::2], body["messages"][2::2], strict=True)
    ]
    assert answers[0][0] == answers[0][1]
    assert all(now.rpartition("\n")[2] == was.rpartition("\n")[2] for now, was in answers)
    assert sum(len(now) < len(was) for now, was in answers) >= len(answers) // 2


OTHERS = [f"{name} wrote: the {thing} came late" for name, thing in zip("ABCDEFGHJK", THINGS, strict=True)]


@pytest.mark.parametrize(
    "answer",
    ["person={0}; thing={1}", "{1}", "Take the {1} of {0}. The answer is {1}.", '{{"thing": "{1}"}}'],
)
def test_texts_that_begin_with_names_have_no_label(answer: str) -> None:
    said = [
        (text, answer.format(name, thing))
        for text, name, thing in zip(OTHERS, "ABCDEFGHJK", THINGS, strict=True)
    ]
    assert _turns(said, "L wrote: the rake came late") == len(THINGS)


@pytest.mark.parametrize("share", [0.6, 0.4])
def test_the_instruction_above_the_first_example_stays(share: float) -> None:
    said = _tickets("{team}")
    said[0] = (f"Name the team for each ticket, and nothing else.\n\n{said[0][0]}", said[0][1])
    body = {"messages": _messages(said, ASKED)[1:]}
    config = OptimizerConfig.preset("balanced")
    whole = optimize_body(body, "openai", config=config).stats.tokens_before
    sent = optimize_body(body, "openai", config=config, budget_tokens=int(share * whole)).body["messages"]
    assert sent[0]["content"] == said[0][0]
    assert sent[1]["content"] == said[0][1]
    assert len(sent) < len(body["messages"])
