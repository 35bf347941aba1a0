"""The faithfulness score: what lowers it, what does not, and that it does without any model."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given

from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.compression.faithfulness.rouge import common_length, rouge_l
from token_optimizer.optimizer.compression.faithfulness.score import faithfulness_score

GUIDE = "The API returns 200 on success, 404 on not found, and 500 on error."
THRESHOLD = 0.85


def test_the_guides_example() -> None:
    assert faithfulness_score(GUIDE, "API returns 200 success, 404 not found, 500 error.") >= THRESHOLD


@pytest.mark.parametrize(
    "compressed",
    [
        "API returns 200 success, 500 error.",
        "API returns 200 success, 404 found, 500 error.",
        "API returns 200 success, 4040 not found, 500 error.",
        "API returns 200 success, 404 not found, 500 error, 301 moved.",
        "success, not found, error",
        "The weather was fine.",
    ],
)
@pytest.mark.parametrize("vectors", ["static", "none"])
def test_what_is_lost_turned_round_or_made_up_is_seen(compressed: str, vectors: str) -> None:
    assert faithfulness_score(GUIDE, compressed, vectors=vectors) < THRESHOLD


@pytest.mark.parametrize("lost", ["1,250,000", "user_4711", "NOT", "Maria"])
def test_each_critical_unit_counts(lost: str) -> None:
    text = "You MUST NOT pay user_4711 before we asked Maria about the 1,250,000 crowns of the old mill."
    assert faithfulness_score(text, text.replace(f"{lost} ", "")) < 0.9


def test_a_number_that_was_taken_apart_is_made_up() -> None:
    text = "It cost 1,250,000 crowns in the year of the flood."
    assert faithfulness_score(text, text.replace(",", " ")) < 0.5


def test_more_cut_is_less_kept() -> None:
    parts = [
        f"Section {number} tells of mill {number * 7} near the bridge of Adaville. " for number in range(8)
    ]
    scores = [faithfulness_score("".join(parts), "".join(parts[:count])) for count in range(9)]
    assert scores == sorted(scores)
    assert (scores[0], scores[-1]) == (0.0, 1.0)


def test_a_marker_of_what_was_left_out_is_no_text() -> None:
    text = "The mill closed in 1904. The village shrank after the flood."
    cut = "The mill closed in 1904."
    assert faithfulness_score(text, cut + " [… 37 sentences left out]") == faithfulness_score(text, cut)


@pytest.mark.parametrize(("original", "compressed", "score"), [("", "", 1), (" ", "x", 0), ("x", "\n", 0)])
@pytest.mark.parametrize("method", ["units", "rouge_l", "bertscore"])
def test_nothing_to_keep_or_nothing_kept(original: str, compressed: str, score: int, method: str) -> None:
    assert faithfulness_score(original, compressed, method=method) == score


def test_without_vectors_it_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    without = faithfulness_score(GUIDE, GUIDE[:40], vectors="none")
    monkeypatch.setitem(sys.modules, "token_optimizer.optimizer.compression.faithfulness.meaning", None)
    assert faithfulness_score(GUIDE, GUIDE[:40]) == without


def test_any_embedding_may_stand_for_the_static_one() -> None:
    alike = faithfulness_score(GUIDE, "Rain.", vectors=lambda texts: np.ones((len(texts), 1), np.float32))
    assert alike > faithfulness_score(GUIDE, "Rain.")


@pytest.mark.parametrize("method", ["units", "rouge_l", "bertscore"])
def test_every_method_ranks_a_good_cut_above_a_bad_one(method: str) -> None:
    good, bad = "API returns 200 success, 404 not found, 500 error.", "The API returns."
    assert 1 > faithfulness_score(GUIDE, good, method=method) > faithfulness_score(GUIDE, bad, method=method)


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(ConfigError, match="'bleu' is not one of units, rouge_l, bertscore"):
        faithfulness_score("a", "b", method="bleu")


@given(any_text, any_text)
def test_it_lies_between_nothing_and_all(original: str, compressed: str) -> None:
    for method in ("units", "rouge_l"):
        assert 0 <= faithfulness_score(original, compressed, method=method) <= 1
        assert faithfulness_score(original, original, method=method) == 1


@pytest.mark.parametrize(
    ("first", "second", "length"),
    [
        ("", "abc", 0),
        ("abcbdab", "bdcaba", 4),
        ("abc", "abc", 3),
        ("abc", "xyz", 0),
        ("ab" * 50, "ba" * 50, 99),
    ],
)
def test_common_length(first: str, second: str, length: int) -> None:
    assert common_length(first, second) == length


def test_rouge_l_is_the_f1_of_the_common_words() -> None:
    assert rouge_l("The mill closed in 1904", "the mill in spring") == pytest.approx(2 * 3 / 9)
