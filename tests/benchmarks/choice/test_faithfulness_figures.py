"""That the faithfulness score ranks cuts of our own texts as their must-keep items do."""

from __future__ import annotations

import pytest

from benchmarks.cases.cuts import RATES, case_text, cuts, pieces, recall
from benchmarks.choice.faithfulness import Judged, best_threshold, correlation, judged_cuts, told_apart
from tests.benchmarks.cases.made import FAMILIES

# Of cases with three items each: a single item is kept or lost by chance. Drawn anew they reach 0.51 to 0.64,
# and the development set, with more items, 0.6.
OWN_FLOOR = 0.45


def _judged(score: float, kept: float) -> Judged:
    return Judged("family", "way", 0.5, score, kept)


@pytest.mark.long
def test_the_score_ranks_cuts_as_their_items_do() -> None:
    cases = [case for family in ("agent_steps", "json_lookup") for case in FAMILIES[family]()][::3]
    judged = judged_cuts(cases, "units", jobs=1)
    assert len(judged) == len(cases) * 4 * len(RATES)
    assert correlation(judged) >= OWN_FLOOR


def test_correlation_is_of_ranks() -> None:
    assert correlation([_judged(0.1, 0), _judged(0.2, 0.4), _judged(0.9, 0.5)]) == pytest.approx(1)
    assert correlation([_judged(0.9, 0), _judged(0.2, 0.4), _judged(0.1, 0.5)]) == pytest.approx(-1)


def test_the_best_threshold_parts_whole_cuts_from_others() -> None:
    judged = [_judged(0.3, 0.5), _judged(0.4, 0.9), _judged(0.8, 1), _judged(0.9, 1)]
    best = best_threshold(judged)
    assert 0.4 < best <= 0.8
    assert told_apart(best, judged) == 1
    assert told_apart(0.85, judged) == 0.75


def test_cuts_are_the_same_each_time_and_nothing_but_text_of_the_case() -> None:
    case = next(FAMILIES["docs_questions"]())
    text = case_text(case)
    assert "".join(pieces(text)) == text
    made = list(cuts(text, case["query"], "seed"))
    assert made == list(cuts(text, case["query"], "seed"))
    for cut in made:
        assert len(cut.text) <= len(text)
        if cut.way != "words":
            assert abs(len(cut.text) / len(text) - cut.rate) < 0.1
    assert recall(text, case["must_retain"]) == 1
