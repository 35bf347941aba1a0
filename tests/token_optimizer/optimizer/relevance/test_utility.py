"""The utility of a block, part by part."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.errors import ConfigError
from token_optimizer.models import Block
from token_optimizer.optimizer.relevance.utility import UtilityParts, compute_utility_score, utility_parts

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
QUERY = [1.0, 0.0]


def parts_of(content: str = "plain words", **fields: Any) -> UtilityParts:
    fields.setdefault("timestamp", NOW)
    return utility_parts(Block(content, **fields), QUERY, {"now": NOW, "source_trust": {"wiki": 0.9}})


def test_the_score_weighs_the_parts_as_the_guide_says() -> None:
    parts = UtilityParts(1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert parts.score == 0.40
    assert UtilityParts(0.0, 1.0, 0.0, 0.0, 0.0, 0.0).score == 0.20
    assert UtilityParts(0.0, 0.0, 1.0, 0.0, 0.0, 0.0).score == 0.15
    assert UtilityParts(0.0, 0.0, 0.0, 1.0, 0.0, 0.0).score == 0.10
    assert UtilityParts(0.0, 0.0, 0.0, 0.0, 1.0, 0.0).score == 0.10
    assert UtilityParts(0.0, 0.0, 0.0, 0.0, 0.0, 1.0).score == 0.05


@pytest.mark.parametrize(
    ("embedding", "similarity"),
    [([2.0, 0.0], 1.0), ([0.0, 1.0], 0.0), ([-1.0, 0.0], 0.0), ([3.0, 4.0], 0.6), (None, 0.0), ([0, 0], 0.0)],
)
def test_similarity(embedding: Any, similarity: float) -> None:
    assert parts_of(embedding=embedding).similarity == pytest.approx(similarity)


@pytest.mark.parametrize(
    ("age", "recency"),
    [(timedelta(0), 1.0), (timedelta(days=1), 0.5), (timedelta(days=-3), 1.0), (timedelta(days=3650), 0.0)],
)
def test_recency(age: timedelta, recency: float) -> None:
    assert parts_of(timestamp=NOW - age).recency == recency
    assert parts_of(timestamp=(NOW - age).replace(tzinfo=None)).recency == recency


@pytest.mark.parametrize(
    ("content", "part", "value"),
    [
        ("you must be kidding", "constraints", 0.0),
        ("You MUST answer. You MUST not.", "constraints", 0.5),
        ("You MUST answer, NEVER in French", "constraints", 2 / 3),
        ("see how it goes", "identifiers", 0.0),
        ("call load_model or load_model", "identifiers", 1 / 6),
        ("nobody came", "entities", 0.0),
        ("Ada Lovelace paid $300 on 2026-05-04", "entities", 0.5),
    ],
)
def test_what_the_text_says(content: str, part: str, value: float) -> None:
    assert getattr(parts_of(content), part) == pytest.approx(value)


@pytest.mark.parametrize(
    ("metadata", "trust"), [({"source": "wiki"}, 0.9), ({"source": "x"}, 0.5), ({}, 0.5)]
)
def test_trust(metadata: dict[str, str], trust: float) -> None:
    assert parts_of(metadata=metadata).trust == trust


def test_a_trust_beyond_one_is_named() -> None:
    with pytest.raises(ConfigError, match=r"source_trust\['wiki'\] must be between 0 and 1, not 7"):
        compute_utility_score(Block("a", metadata={"source": "wiki"}), QUERY, {"source_trust": {"wiki": 7}})


@pytest.mark.parametrize("config", [{}, OptimizerConfig()])
def test_any_text_scores_between_0_and_1_with_either_kind_of_config(config: Any) -> None:
    for content in ("", "a\ud800b", "MUST NEVER load_model() $5 Ada Lovelace " * 10_000):
        block = Block(content, embedding=[1.0, 0.0])
        assert 0 <= compute_utility_score(block, QUERY, config) <= 1
        assert set(utility_parts(block, None, config).as_dict()) == {
            "similarity", "recency", "constraints", "identifiers", "trust", "entities",
        }  # fmt: skip
