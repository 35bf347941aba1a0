"""Passages of stored documents in a request: where they stand, which they are, what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.errors import StageSkipped
from token_optimizer.models import Dialect, OptimizationResult
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Memory, Ports, RetrievalResult, RetrievedPassage
from token_optimizer.tokens.counts import count_body

CONFIG = OptimizerConfig.preset("balanced", enable_semantic_retrieval=True)
QUESTION = "When do I get my money back?"
REFUNDS = RetrievedPassage(
    "11", "Refunds are paid back within five working days.", "Handbook / Refunds", 0.03, 0.7, "by meaning"
)
HOLIDAYS = RetrievedPassage("12", "The shop is closed on public holidays.", "Handbook / Hours", 0.02, 0.5)
ADDED = '[added, from the stored document "Handbook / Refunds":]\n' + REFUNDS.content + "\n\n"


@dataclass
class Store:
    """A retriever that finds the same for every question, and remembers what it was asked."""

    held: Sequence[RetrievedPassage] = (REFUNDS,)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def passages(self, query: str, top_k: int) -> RetrievalResult:
        self.asked.append((query, top_k))
        return RetrievalResult(self.held)


def _ask(
    messages: list[dict[str, Any]],
    store: Any,
    dialect: Dialect = "openai",
    config: OptimizerConfig = CONFIG,
    memory: Memory | None = None,
    **options: Any,
) -> OptimizationResult:
    key = "input" if dialect == "responses" else "messages"
    ports = Ports(memory=memory, retriever=store)
    return optimize_body({"model": "gpt-4o", key: messages}, dialect, config=config, ports=ports, **options)


def _user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def _report(result: OptimizationResult) -> tuple[str, str]:
    return next((stage.status, stage.reason) for stage in result.stats.stages if stage.name == "retrieval")


def test_it_works() -> None:
    store = Store()
    result = _ask([{"role": "system", "content": "You are a clerk."}, *_user(QUESTION)], store)
    stats = result.stats
    assert result.body["messages"][1] == {"role": "user", "content": ADDED + QUESTION}
    assert store.asked == [(QUESTION, 30)]
    row = next(block for block in stats.blocks if block.fate == "added")
    assert (row.type, row.stage, row.frozen) == ("doc", "retrieval", False)
    assert row.reason == "from the stored documents: Handbook / Refunds, score 0.030 (by meaning)"
    assert stats.route == "heuristic+semantic"
    assert stats.tokens_after == count_body(result.body, "openai", "gpt-4o")
    assert stats.tokens_retrieved == stats.tokens_after - stats.tokens_before == -stats.tokens_saved > 0
    assert (stats.tokens_replaced, stats.over_budget, stats.fallback_used) == (0, "", False)
    assert stats.as_dict()["tokens_retrieved"] == stats.tokens_retrieved
    assert _report(result) == ("ran", "")


@pytest.mark.parametrize(
    ("dialect", "content", "sent"),
    [
        ("openai", [{"type": "text", "text": QUESTION}], [{"type": "text", "text": ADDED + QUESTION}]),
        ("anthropic", QUESTION, ADDED + QUESTION),
        (
            "anthropic",
            [
                {"type": "tool_result", "tool_use_id": "t", "content": "done"},
                {"type": "text", "text": QUESTION},
            ],
            [
                {"type": "tool_result", "tool_use_id": "t", "content": "done"},
                {"type": "text", "text": ADDED + QUESTION},
            ],
        ),
        (
            "responses",
            [{"type": "input_text", "text": QUESTION}],
            [{"type": "input_text", "text": ADDED + QUESTION}],
        ),
    ],
)
def test_every_dialect(dialect: Dialect, content: Any, sent: Any) -> None:
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]}
    before = [*_user("Do it."), call] if isinstance(content, list) and len(content) > 1 else []
    result = _ask([*before, {"role": "user", "content": content}], Store(), dialect)
    assert result.body["input" if dialect == "responses" else "messages"][-1]["content"] == sent


def test_a_text_alone_is_an_input_too() -> None:
    body = {"model": "gpt-4o", "input": QUESTION}
    result = optimize_body(body, "responses", config=CONFIG, ports=Ports(retriever=Store()))
    assert result.body["input"] == ADDED + QUESTION


def test_pasted_bulk_is_not_asked_for() -> None:
    store = Store()
    log = "\n".join(f"2026-05-04T10:00:{n:02d}Z INFO tick {n} finished" for n in range(60))
    _ask(_user(f"{log}\n\n{QUESTION}"), store)
    assert [query for query, _ in store.asked] == [QUESTION]


@pytest.mark.parametrize(
    "end",
    [
        [
            {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": {"name": "f"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "done"},
        ],
        [{"role": "assistant", "content": "Soon."}, {"role": "user", "content": ""}],
    ],
    ids=["tool result", "empty"],
)
def test_a_conversation_that_ends_otherwise_is_left_alone(end: list[dict[str, Any]]) -> None:
    store = Store()
    result = _ask([*_user(QUESTION), *end], store)
    assert not store.asked
    assert result.stats.tokens_retrieved == 0


def test_the_beginning_of_an_answer_may_stand_behind_the_question() -> None:
    messages = [*_user(QUESTION), {"role": "assistant", "content": "You get it"}]
    result = _ask(messages, Store(), "anthropic")
    assert [message["content"] for message in result.body["messages"]] == [ADDED + QUESTION, "You get it"]


def test_off_is_off() -> None:
    store = Store()
    off = OptimizerConfig.preset("balanced")
    none = OptimizerConfig.preset("balanced", enable_semantic_retrieval=True, vector_topk_per_type={"doc": 0})
    for config in (off, none):
        result = _ask(_user(QUESTION), store, config=config)
        assert result.body["messages"] == _user(QUESTION)
        assert "retrieval" not in {stage.name for stage in result.stats.stages}
    assert not store.asked


def test_what_the_request_holds_already_is_not_added() -> None:
    told = f"Note:\n  {REFUNDS.content.replace('within', 'within ')}\n"
    in_messages = _ask(_user(f"{told}\n{QUESTION}"), Store())
    documents = [{"title": "Handbook", "text": REFUNDS.content}]
    in_documents = _ask(_user(QUESTION), Store((REFUNDS, HOLIDAYS)), documents=documents)
    assert in_messages.stats.tokens_retrieved == 0
    assert [block.id for block in in_documents.stats.blocks if block.fate == "added"] == ["retrieved-12"]


def test_a_text_that_is_stored_twice_is_added_once() -> None:
    result = _ask(_user(QUESTION), Store((REFUNDS, replace(REFUNDS, id="13"))))
    assert result.body["messages"][0]["content"].count(REFUNDS.content) == 1


def test_what_is_about_something_else_is_not_added() -> None:
    far = replace(HOLIDAYS, similarity=0.3)
    named = replace(HOLIDAYS, id="14", content="Form R-17 asks for a bank account.", similarity=0.1)
    result = _ask(_user(f"{QUESTION} Is it form R-17?"), Store((REFUNDS, far, named)))
    added = [block.id for block in result.stats.blocks if block.fate == "added"]
    assert added == ["retrieved-11", "retrieved-14"]


def test_found_by_words_alone_the_words_decide() -> None:
    by_words = [replace(passage, similarity=None) for passage in (HOLIDAYS, REFUNDS)]
    result = _ask(_user("Within how many working days are refunds paid?"), Store(by_words))
    assert [block.id for block in result.stats.blocks if block.fate == "added"] == ["retrieved-11"]


def _near_copies() -> list[RetrievedPassage]:
    vectors = np.array([[1, 0, 0], [0.999, 0.04, 0], [0.7, 0, 0.7]], dtype=np.float32)
    return [
        RetrievedPassage(
            str(n), f"Passage {n} says something of its own.", "H", 1 - n / 10, 0.9, vector=vector
        )
        for n, vector in enumerate(vectors)
    ]


@pytest.mark.parametrize(("mmr_lambda", "order"), [(0.5, ["0", "2", "1"]), (1.0, ["0", "1", "2"])])
def test_mmr_lambda_decides_between_alike_and_new(mmr_lambda: float, order: list[str]) -> None:
    config = replace(CONFIG, mmr_lambda=mmr_lambda)
    result = _ask(_user(QUESTION), Store(_near_copies()), config=config)
    added = [block.id.removeprefix("retrieved-") for block in result.stats.blocks if block.fate == "added"]
    assert added == order


def test_the_share_of_the_budget_is_kept() -> None:
    held = [
        RetrievedPassage(str(n), f"Passage {n}: " + "words and more of them " * 20, "H", 1 - n / 100, 0.9)
        for n in range(30)
    ]
    half = replace(CONFIG, per_type_budget_fraction={"doc": 0.05})
    for config, most in ((CONFIG, 3_200), (half, 400)):
        tokens = _ask(_user(QUESTION), Store(held), config=config).stats.tokens_retrieved
        assert 0.7 * most < tokens <= most
    within = _ask(_user(QUESTION), Store(held), budget_tokens=1_000).stats
    assert 0 < within.tokens_retrieved <= 400
    assert within.tokens_after <= 1_000


def _turns(questions: int) -> list[list[dict[str, Any]]]:
    """The messages of each turn."""
    messages: list[dict[str, Any]] = []
    turns = []
    for number in range(questions):
        messages += _user(f"{QUESTION} I ask for the time number {number}.")
        turns.append(list(messages))
        messages.append({"role": "assistant", "content": f"Answer {number}."})
    return turns


def test_what_was_added_stays_in_its_place_and_is_not_added_again() -> None:
    memory, store = InProcessMemory(), Store()
    first, second, third = _turns(3)
    sent = _ask(first, store, memory=memory).body["messages"]
    assert REFUNDS.content in sent[0]["content"]
    store.held = (REFUNDS, HOLIDAYS)
    later = _ask(second, store, memory=memory)
    assert later.body["messages"][:1] == sent
    assert HOLIDAYS.content in later.body["messages"][2]["content"]
    assert REFUNDS.content not in later.body["messages"][2]["content"]
    store.held = ()
    last = _ask(third, store, memory=memory)
    assert last.body["messages"][:3] == later.body["messages"]
    added = [(block.id, block.frozen, block.turn) for block in last.stats.blocks if block.fate == "added"]
    assert added == [("retrieved-11", True, 0), ("retrieved-12", True, 1)]
    assert last.stats.tokens_retrieved > later.stats.tokens_retrieved / 2 > 0
    assert last.stats.tokens_after == count_body(last.body, "openai", "gpt-4o")


def test_the_same_request_comes_out_the_same_until_the_store_has_something_else() -> None:
    memory, store = InProcessMemory(), Store()
    config = replace(CONFIG, enable_caching=True)
    results = [_ask(_user(QUESTION), store, config=config, memory=memory) for _ in range(2)]
    assert results[0].body == results[1].body
    assert [result.stats.cache_hit for result in results] == [False, True]
    store.held = (HOLIDAYS,)
    changed = _ask(_user(QUESTION), store, config=config, memory=memory)
    assert not changed.stats.cache_hit
    assert HOLIDAYS.content in changed.body["messages"][0]["content"]


def test_passages_compete_with_the_requests_own_documents() -> None:
    own = [
        {
            "title": f"Letter {n}",
            "text": f"In letter {n} somebody writes of ships, of weather {n} and of tea.",
        }
        for n in range(40)
    ]
    without = _ask(_user(QUESTION), None, documents=own, budget_tokens=300).stats
    result = _ask(_user(QUESTION), Store(), documents=own, budget_tokens=300)
    assert REFUNDS.content in result.body["messages"][-1]["content"]
    assert result.stats.tokens_after <= 300
    assert result.stats.tokens_replaced == result.stats.tokens_retrieved > 0
    assert without.tokens_replaced == 0
    row = next(block for block in result.stats.blocks if block.stage == "retrieval")
    assert row.utility is not None
    assert 0 < row.utility["score"] <= 1


def test_a_passage_that_is_worth_less_than_the_requests_own_is_left_out_without_a_marker() -> None:
    own = [
        {"title": "Refunds", "text": "You get your money back in five days, says the money back rule. " * 9}
    ]
    off_topic = replace(HOLIDAYS, content="The shop is closed on public holidays, and on Sundays. " * 9)
    result = _ask(_user(QUESTION), Store((off_topic,)), documents=own, budget_tokens=180)
    assert "stored document" not in str(result.body)
    assert result.stats.tokens_retrieved == 0
    assert "retrieval" not in {block.stage for block in result.stats.blocks}


@pytest.mark.parametrize(
    ("error", "report"),
    [
        (StageSkipped("the embedding model still loads"), ("skipped", "the embedding model still loads")),
        (ConnectionError(QUESTION), ("failed", "ConnectionError")),
    ],
)
def test_a_store_that_does_not_answer_is_reported(error: Exception, report: tuple[str, str]) -> None:
    class Broken:
        def passages(self, query: str, top_k: int) -> RetrievalResult:
            raise error

    result = _ask(_user(QUESTION), Broken())
    assert result.body["messages"] == _user(QUESTION)
    assert result.stats.route == "heuristic_only"
    assert _report(result) == report


def test_a_title_cannot_break_its_line() -> None:
    result = _ask(_user(QUESTION), Store((replace(REFUNDS, source="A\n\ntitle " + "x" * 200),)))
    first = result.body["messages"][0]["content"].splitlines()[0]
    assert first.startswith('[added, from the stored document "A title xxx')
    assert len(first) <= 120
