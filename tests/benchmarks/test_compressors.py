"""The comparison of learned compressors: what they may learn from, what they learn, and what is reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from benchmarks.compressors.evaluate import (
    TAUGHT,
    Cut,
    Way,
    best_within,
    by_all,
    by_products,
    learned_from,
    mean_and_interval,
    result_on,
    text_key,
    timed_examples,
    trained,
)
from benchmarks.compressors.features import features
from benchmarks.compressors.models import Example, Matrix, Worth, logistic, network, pairwise, trees
from benchmarks.compressors.passages import Passages, may_train, needed, passages_of_case
from token_optimizer.text.counting import token_counts

SUBJECTS = ("price", "weather", "giraffe", "museum", "harbour", "orchard", "violin", "glacier")


def _case(number: int, family: str, licence: str = "MIT") -> Passages:
    """A text with a sentence for each subject, and a question about one of them."""
    asked = SUBJECTS[number % len(SUBJECTS)]
    sentences = [
        f"Somebody spoke about the {subject} for {at + 2} hours." for at, subject in enumerate(SUBJECTS)
    ]
    answer = next(sentence for sentence in sentences if asked in sentence)
    return passages_of_case(
        {
            "id": f"{family}-{number}",
            "family": family,
            "licence": licence,
            "messages": [{"role": "user", "content": "\n".join([*sentences, f"Text {number} ends."])}],
            "query": f"How long did they speak about the {asked}?",
            "must_retain": [{"any": [answer]}],
        }
    )


def _examples(family: str, count: int = 8, licence: str = "MIT") -> list[Example]:
    return timed_examples([_case(number, family, licence) for number in range(count)])[0]


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0", True),
        ("MIT (AMI/ICSI transcripts CC-BY-4.0)", True),
        ("our own", True),
        ("MIT (Natural Questions / Wikipedia text CC-BY-SA-3.0)", False),
        ("MPL-2.0", False),
        ("Loghub licence (free for research/academic work; notice kept)", False),
        ("", False),
    ],
)
def test_a_licence_says_whether_a_model_may_learn(licence: str, allowed: bool) -> None:
    assert may_train(licence) is allowed


def test_the_need_for_an_item_is_shared_by_the_texts_that_hold_it() -> None:
    texts = ["It costs 12 Euros.", "Twelve, or 12.", "Nothing here.", "The blue", "whale sang."]
    items = [{"any": ["12"]}, {"any": ["blue whale"]}]
    assert needed(texts, items) == [0.5, 0.5, 0, 0.5, 0.5]


def test_a_case_is_its_prose_in_passages() -> None:
    case = _case(2, "meeting_qa")
    assert "".join(case.texts) == case.text
    assert [text for text, share in zip(case.texts, case.needed, strict=True) if share] == [
        "Somebody spoke about the giraffe for 4 hours.\n"
    ]
    assert case.tokens == token_counts(list(case.texts))
    assert case.trainable


def test_features_have_a_finite_row_for_each_text() -> None:
    case = _case(1, "meeting_qa")
    for query in (case.query, ""):
        matrix = by_products(features(query, case.texts, case.tokens))
        assert len(matrix) == len(by_all(features(query, case.texts, case.tokens))) == len(case.texts)
        assert np.isfinite(matrix).all()


def test_nothing_is_learned_from_the_family_that_is_held_out_nor_where_it_is_not_allowed() -> None:
    examples = [
        *_examples("meeting_qa", 1),
        *_examples("chat_memory", 1),
        *_examples("docs_questions", 1, "MPL-2.0"),
        *_examples("fewshot", 1),
    ]
    families = [example.passages.family for example in learned_from("meeting_qa", examples, TAUGHT)]
    assert families == ["chat_memory"]


@pytest.mark.parametrize("train", [logistic, pairwise, trees, network])
def test_a_model_learns_to_find_what_is_asked(
    train: Callable[[Sequence[Matrix], Sequence[Sequence[float]]], Worth],
) -> None:
    examples = [*_examples("chat_memory", 40), *_examples("meeting_qa")]
    cuts = {example.passages.case: Cut((14,), (0.5,)) for example in examples}
    way = Way("learned", lambda found: trained(train, by_all, found))
    result = result_on("meeting_qa", way, examples, cuts, TAUGHT)
    assert result.recalls == (1.0,)
    assert result.gain == 0.5


def test_what_fits_is_kept_in_the_order_of_the_text() -> None:
    assert best_within(["a", "b", "c", "d"], [3, 5, 2, 2], [2, 1, 0, 3], 5) == "ac"
    assert best_within(["a"], [3], [0], 2) == ""


def test_the_interval_holds_the_mean_and_draws_groups_as_a_whole() -> None:
    mean, low, high = mean_and_interval([[0.1], [0.3], [0.2, 0.2]])
    assert mean == pytest.approx(0.2)
    assert 0.1 <= low < mean < high <= 0.3
    assert mean_and_interval([[0.0, 1.0]]) == (0.5, 0.5, 0.5)


def test_cases_of_one_text_are_one_group() -> None:
    first, second = _case(0, "chat_memory"), _case(1, "chat_memory")
    assert text_key(first) == text_key(second)
