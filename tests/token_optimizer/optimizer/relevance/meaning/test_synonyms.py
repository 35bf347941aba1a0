"""Words near those of the question, by the packaged static vectors, and what they save from a cut."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import OptimizationResult
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.relevance.bm25 import bm25_with_synonyms
from token_optimizer.optimizer.relevance.meaning.synonyms import synonyms
from token_optimizer.optimizer.relevance.meaning.word_vectors import WordVectors
from token_optimizer.optimizer.relevance.utility import WEIGHTS
from token_optimizer.optimizer.relevance.words import stem_words, stems

TEXTS = [
    "We would sell it at a price of twenty Euros, so that the costs are covered.",
    "Two giraffes drank 400 litres from the lake in the afternoon.",
]
NEAR = {"profit": {"cost": 0.25, "price": 0.2}}
CHATTER = [
    "Well, the weather was better than last week, I think.",
    "Could somebody open the window over there, please?",
    "I saw that film with my brother on Tuesday.",
    "Let me just find my glasses before we go on.",
]
ANSWER = "So we sell it for twenty five Euros apiece."


def test_words_of_the_same_matter_are_near_and_others_are_not() -> None:
    near = synonyms("What about the price?", WordVectors.of(TEXTS))
    assert list(near) == ["pric"]
    assert "cost" in near["pric"]
    assert not {"pric", "giraff", "lak", "afternoon", "400"} & set(near["pric"])
    assert all(0 < share <= 0.5 for share in near["pric"].values())


@pytest.mark.parametrize("query", ["", "what is it?", "400?"])
def test_a_question_without_words_has_none_near_it(query: str) -> None:
    assert synonyms(query, WordVectors.of(TEXTS)) == {}


def test_a_question_that_is_a_long_text_has_none() -> None:
    query = " ".join(
        [f"{word}{letter}" for word in ("price", "lake", "cost") for letter in "bcdfghjklmnpqrtvwxz"]
    )
    assert synonyms(f"price {query} {query[::-1]}", WordVectors.of([*TEXTS, query, query[::-1]])) == {}


def test_the_order_of_the_texts_changes_nothing() -> None:
    forth, back = (
        synonyms("the profit", WordVectors.of(TEXTS)),
        synonyms("the profit", WordVectors.of(TEXTS[::-1])),
    )
    assert json.dumps(forth) == json.dumps(back)


def test_the_same_in_every_process() -> None:
    code = (
        "import json; from token_optimizer.optimizer.relevance.meaning.synonyms import synonyms; "
        "from token_optimizer.optimizer.relevance.meaning.word_vectors import WordVectors; "
        f"print(json.dumps(synonyms('price and wildlife', WordVectors.of({TEXTS!r}))))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(found) == 1
    assert '"cost"' in found.pop()


def test_a_stem_stands_for_its_shortest_word() -> None:
    written, of_texts = stem_words(["The bridges, bridge by bridge", "I paint"])
    assert written == {"paint": "paint", "bridg": "bridge"}
    assert of_texts == [{"bridg"}, {"paint"}]


def test_a_near_word_counts_at_its_share_and_once() -> None:
    texts = ["the profit rose", "the price rose", "the price and the cost rose", "the giraffe rose"]
    profit, price, both, none = bm25_with_synonyms({"profit": {"pric": 0.2, "cost": 0.2}}, stems(texts))
    assert profit == 1.0
    assert 0 < price < profit
    # The rarer of the two counts, not their sum.
    assert price < both < 2 * price
    assert none == 0.0


def test_no_texts_have_no_scores() -> None:
    assert bm25_with_synonyms(NEAR, []) == []


def _meeting() -> OptimizationResult:
    lines = [f"{name}: {CHATTER[n % 4]} Number {n}." for n, name in enumerate(["Ada", "Ben"] * 20)]
    lines[17] = f"Ben: {ANSWER}"
    content = "\n".join(lines) + "\n\nQuestion: what was said about the price?"
    body = {"messages": [{"role": "user", "content": content}]}
    config = OptimizerConfig.preset("balanced")
    return optimize_body(body, "openai", config=config, budget_tokens=120)


def test_what_answers_in_other_words_stays() -> None:
    result = _meeting()
    text = result.body["messages"][0]["content"]
    assert f"Ben: {ANSWER}" in text
    assert "passages left out]" in text
    assert result.stats.over_budget == ""
    assert result.stats.route == "heuristic+semantic"
    assert _meeting().body == result.body


def test_the_trace_shows_what_each_document_is_worth_in_parts() -> None:
    documents = [
        {"title": f"Hut {n}", "text": "The path is long and steep there, and often wet. " * 9}
        for n in range(6)
    ]
    documents[4]["text"] = "A night costs 40 euros, MUST be paid in cash. " * 9
    body = {"messages": [{"role": "user", "content": "What is the price of a night?"}]}
    config = OptimizerConfig.preset("balanced")
    result = optimize_body(body, "openai", config=config, documents=documents, budget_tokens=150)
    shown = [block.as_dict() for block in result.stats.blocks]
    worth = [block["utility"] for block in shown if block["type"] == "doc"]
    assert [max(worth, key=lambda utility: utility[part]) for part in ("score", "similarity")] == [
        worth[4]
    ] * 2
    assert list(worth[4]) == ["score", *WEIGHTS]
    assert all(0 <= share <= 1 for utility in worth for share in utility.values())
    assert worth[4]["score"] == pytest.approx(
        sum(WEIGHTS[part] * worth[4][part] for part in WEIGHTS), abs=0.002
    )
    assert "utility" not in next(block for block in shown if block["type"] == "user")


@pytest.mark.usefixtures("without_static_vectors")
def test_without_static_vectors_the_stage_is_skipped_and_the_rest_runs() -> None:
    stats = _meeting().stats
    stage = next(stage for stage in stats.stages if stage.name == "semantic")
    assert stage.status == "skipped"
    assert stage.reason == "static vectors are not installed: pip install 'token-optimizer[semantic]'"
    assert stats.route == "heuristic_only"
    assert stats.over_budget == ""


def test_within_the_budget_nothing_is_looked_for() -> None:
    body = {"messages": [{"role": "user", "content": "What about the profit?"}]}
    stats = optimize_body(body, "openai", config=OptimizerConfig.preset("balanced")).stats
    assert stats.route == "heuristic_only"


def test_words_of_other_scripts_have_none_since_the_vectors_know_their_syllables_alone() -> None:
    words = WordVectors.of(["Какова цена? Цена рынка велика.", "Стоимость товара мала."])
    assert synonyms("Какова цена?", words) == {}
