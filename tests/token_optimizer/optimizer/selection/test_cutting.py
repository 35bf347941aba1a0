"""The choice of passages under a hard budget, and the whole pipeline over prompts that are over it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.bodies import LOG, ROWS, anthropic_body, openai_body
from tests.token_optimizer.optimizer.formats.test_pasted_content import (
    DOCUMENTS,
    EXAMPLES,
    LISTING,
    OUTPUT,
    TALK,
)
from token_optimizer import OptimizerConfig
from token_optimizer.models import Dialect, OptimizationResult, Passage
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.selection.cutting import Candidate, choose, keep_passages, keep_sentences
from token_optimizer.optimizer.validate import structure_faults

BALANCED = OptimizerConfig.preset("balanced")
TEXT = "".join(f"line {n}\n" for n in range(6))
LINES = [Passage(7 * n, 7 * n + 7) for n in range(6)]


def _candidate(place: int, tokens: int, value: float, facts: dict[str, float] | None = None) -> Candidate:
    return Candidate(0, place, tokens, value, facts or {})


def test_every_gap_has_one_marker_and_kept_lines_are_as_they_were() -> None:
    kept = keep_passages(TEXT, LINES, frozenset({0, 4}))
    assert kept == "line 0\n[… 3 lines left out]\nline 4\n[… 1 line left out]\n"


def test_sentences_are_counted_as_passages() -> None:
    text = "One. Two. Three."
    passages = [Passage(0, 5), Passage(5, 10), Passage(10, 16)]
    assert keep_sentences(text, passages, frozenset({2})) == "[… 2 passages left out]Three."


def test_a_fact_counts_once() -> None:
    candidates = [
        _candidate(0, 30, 0.0, {"name a": 1.0}),
        _candidate(1, 30, 0.0, {"name a": 0.9}),
        _candidate(2, 30, 0.0, {"name b": 0.5}),
    ]
    assert choose(candidates, 61, {}) == {(0, 0), (0, 2)}


def test_what_stands_elsewhere_already_is_worth_nothing() -> None:
    candidates = [_candidate(0, 30, 0.0, {"name a": 1.0}), _candidate(1, 30, 0.1)]
    assert choose(candidates, 31, {}, {"name a"}) == {(0, 1)}


def test_the_first_passage_of_an_old_turn_pays_for_its_frame() -> None:
    candidates = [Candidate(0, 0, 30, 1.0, {}, "turn 1"), Candidate(1, 0, 70, 1.0, {})]
    assert choose(candidates, 70, {"turn 1": 100}) == {(1, 0)}
    assert choose(candidates, 70, {"turn 1": 0}) == {(0, 0)}


@given(
    st.lists(st.tuples(st.integers(1, 60), st.floats(0, 3), st.integers(0, 5)), max_size=40),
    st.integers(0, 900),
)
def test_the_choice_never_costs_more_than_there_is(items: list[tuple[int, float, int]], room: int) -> None:
    candidates = [
        _candidate(place, tokens, value, {f"name {fact}": 0.5})
        for place, (tokens, value, fact) in enumerate(items)
    ]
    kept = choose(candidates, room, {})
    gaps = sum(
        (0, place) not in kept and ((0, place - 1) in kept or place == 0) for place in range(len(items))
    )
    spent = sum(candidates[place].tokens for _, place in kept) + 7 * (gaps - bool(items))
    assert spent <= room
    assert kept == choose(candidates, room, {})


def _chat(messages: int, words: str) -> list[dict[str, Any]]:
    roles = ("user", "assistant")
    return [
        {"role": roles[n % 2], "content": f"{words} Number {n} of them stood in hut_{n} until {1900 + n}."}
        for n in range(messages)
    ]


def _run(bulk: str, question: str) -> dict[str, Any]:
    return {"messages": [*_chat(20, "The mill is old."), {"role": "user", "content": f"{bulk}\n{question}"}]}


BODIES: dict[str, tuple[dict[str, Any], Dialect]] = {
    "openai": (openai_body(), "openai"),
    "anthropic": (anthropic_body(), "anthropic"),
    "talk": (_run(TALK, "What did Ada say of the cost?"), "openai"),
    "examples": (_run(EXAMPLES, "Question: and with 40 apples?"), "openai"),
    "documents": (_run(DOCUMENTS, "Question: what is mill 3?"), "openai"),
    "listing": (_run(LISTING * 3, "What does value_3 read?"), "openai"),
    "output": (_run(OUTPUT, "Is part5 there?"), "openai"),
    "rows and log": (_run(f"{ROWS}\n\n{LOG}", "Why was the lease of shard 19 lost?"), "openai"),
}


def _optimized(body: dict[str, Any], dialect: Dialect, budget: int) -> OptimizationResult:
    return optimize_body(copy.deepcopy(body), dialect, config=BALANCED, budget_tokens=budget)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("share", [0.02, 0.2, 0.4, 0.6, 0.8])
def test_a_hard_budget_is_met_or_said_and_a_second_run_changes_nothing(name: str, share: float) -> None:
    body, dialect = BODIES[name]
    whole = optimize_body(copy.deepcopy(body), dialect, config=BALANCED).stats.tokens_before
    budget = max(1, int(share * whole))
    result = _optimized(body, dialect, budget)
    assert (result.stats.tokens_after <= budget) == (result.stats.over_budget == "")
    assert share < 0.1 or result.stats.over_budget == ""
    assert structure_faults(result.body, dialect) <= structure_faults(body, dialect)
    assert result.body["messages"][-1]["role"] == body["messages"][-1]["role"]
    if "tools" not in body:
        assert _optimized(result.body, dialect, budget).body == result.body
    assert _optimized(body, dialect, budget).body == result.body


@pytest.mark.parametrize("name", ["talk", "examples", "documents", "listing", "output"])
def test_the_question_stays_word_for_word(name: str) -> None:
    body, dialect = BODIES[name]
    question = body["messages"][-1]["content"].rsplit("\n", 1)[1]
    sent = _optimized(body, dialect, 250).body["messages"]
    assert sent[-1]["content"].endswith(question)
    assert any("left out]" in message["content"] for message in sent)


def test_what_the_question_asks_about_stays_from_an_old_turn() -> None:
    messages = _chat(60, "We walked along the coast and talked about nothing that mattered to us.")
    messages[9]["content"] = "The doctor's name was Hedwig Blum, and her practice lies in Chur."
    messages.append({"role": "user", "content": "What was the name of the doctor with the practice?"})
    sent = _optimized({"messages": messages}, "openai", 400).body["messages"]
    assert "Hedwig Blum, and her practice lies in Chur." in json.dumps(sent)


def test_a_kept_passage_of_a_document_has_its_title() -> None:
    documents = [
        {"title": f"Hut {n}", "text": f"It has {n + 2} beds. " + "The path is long and steep there. " * 9}
        for n in range(12)
    ]
    documents[7]["text"] += "The warden of this hut is called Ursina."
    body = {"messages": [{"role": "user", "content": "Who is the warden?"}]}
    result = optimize_body(body, "openai", config=BALANCED, documents=documents, budget_tokens=150)
    text = result.body["messages"][0]["content"]
    assert "The warden of this hut is called Ursina." in text
    assert "[8] Hut 7\n" in text
    assert "documents left out]" in text
    assert result.stats.over_budget == ""


def test_every_name_that_was_spoken_stays_before_any_is_kept_twice() -> None:
    messages = [{"role": "user", "content": "Fix the bug in the parser, please."}]
    for n in range(8):
        messages.append(
            {"role": "assistant", "content": f"I open the file next.\n```\nopen src/part_{n}.py\n```"}
        )
        messages.append({"role": "user", "content": LISTING.replace("/app/fields.py", f"src/part_{n}.py")})
    messages.append({"role": "user", "content": "Go on."})
    sent = json.dumps(_optimized({"messages": messages}, "openai", 700).body["messages"])
    assert all(f"src/part_{n}.py" in sent for n in range(8))


def test_orders_of_turns_that_are_gone_stay_in_force() -> None:
    messages = _chat(40, "We walked along the coast.")
    messages[2]["content"] = "You MUST answer in German."
    messages.append({"role": "user", "content": "What now?"})
    result = _optimized({"messages": messages}, "openai", 300)
    assert "You MUST answer in German." in json.dumps(result.body["messages"])
    assert result.stats.fallback_used is False


def test_an_order_stays_where_other_sentences_of_an_old_turn_go() -> None:
    told = [f"In week {week} the hut by shore {week} had a stove and a bed for two." for week in range(60)]
    told[20] = "You MUST call me Ada."
    told[40] = "The ferry Aurora sank off the northern pier in a storm."
    messages = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Of course."},
        {"role": "user", "content": " ".join(told)},
        {"role": "assistant", "content": "Yes, Ada."},
        {"role": "user", "content": "Where did the ferry Aurora sink?"},
    ]
    config = OptimizerConfig.preset("balanced", keep_last_n_turns=0, enable_compression=False)
    result = optimize_body({"messages": messages}, "openai", config=config, budget_tokens=200)
    sent = json.dumps(result.body)
    assert (result.stats.fallback_reason, result.stats.over_budget) == ("", "")
    assert "You MUST call me Ada." in sent
    assert told[40] in sent
    assert "left out]" in sent
