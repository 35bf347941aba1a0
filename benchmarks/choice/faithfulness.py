"""Holds the faithfulness score to what is really lost: the must-keep items of cases, over many cuts of them.

    python -m benchmarks.choice.faithfulness --data DIR [--method units|rouge_l|bertscore] [--jobs N]

Prints Spearman's rank correlation of the score with the share of items kept, over all cuts, by family, by way
of cutting and by rate (where size tells nothing), and what thresholds are worth. Ends with 1 where the
correlation over all is below 0.6.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from benchmarks.cases.cuts import case_text, cuts, held_items, recall
from benchmarks.cases.scoring import Case, load_cases
from token_optimizer.optimizer.compression.faithfulness.score import Method, faithfulness_score

FLOOR = 0.6
GUIDE_THRESHOLD = 0.85
# Longer prompts are left out: there are few, and each costs as much as ten others.
_LONGEST_CHARS = 120_000


@dataclass(frozen=True, slots=True)
class Judged:
    """One cut: its score, and the share of the case's items that it keeps."""

    family: str
    way: str
    rate: float
    score: float
    recall: float


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    judged = judged_cuts(list(load_cases(options.data)), options.method, options.jobs)
    if not judged:
        raise SystemExit(f"{options.data} holds no case that can be judged")
    overall = correlation(judged)
    print(f"{len(judged)} cuts, rank correlation {overall:.3f}")
    for title, key in (("family", "family"), ("way", "way"), ("rate", "rate")):
        print_groups(title, judged, attrgetter(key))
    best = best_threshold(judged)
    for name, threshold in (("best", best), ("the guide's", GUIDE_THRESHOLD)):
        print_threshold(name, threshold, judged)
    return 0 if overall >= FLOOR else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of cases")
    parser.add_argument("--method", choices=("units", "rouge_l", "bertscore"), default="units")
    parser.add_argument("--jobs", type=int, default=1)
    return parser.parse_args(arguments)


def judged_cuts(cases: Sequence[Case], method: Method, jobs: int) -> list[Judged]:
    """Every cut of every case, in order."""
    judge = partial(_judged, method=method)
    if jobs == 1:
        return [judged for case in cases for judged in judge(case)]
    with ProcessPoolExecutor(jobs) as pool:
        return [judged for found in pool.map(judge, cases, chunksize=2) for judged in found]


def _judged(case: Case, method: Method) -> list[Judged]:
    text, items = case_text(case), held_items(case)
    if not items or len(text) > _LONGEST_CHARS:
        return []
    return [
        Judged(
            case["family"],
            cut.way,
            cut.rate,
            faithfulness_score(text, cut.text, method=method),
            recall(cut.text, items),
        )
        for cut in cuts(text, case.get("query") or "", case["id"])
    ]


def correlation(judged: Sequence[Judged]) -> float:
    """Spearman's: 1 where the score ranks the cuts as the items do; nan where either is always the same."""
    scores, recalls = [cut.score for cut in judged], [cut.recall for cut in judged]
    if len(set(scores)) < 2 or len(set(recalls)) < 2:
        return float("nan")
    from scipy.stats import spearmanr  # Takes a second, which tests of the rest need not wait for.

    return float(spearmanr(scores, recalls).statistic)


def best_threshold(judged: Sequence[Judged]) -> float:
    """The score that best tells the cuts that kept every item from the others: both found equally often."""
    thresholds = [number / 100 for number in range(1, 100)]
    return max(thresholds, key=lambda threshold: told_apart(threshold, judged))


def told_apart(threshold: float, judged: Sequence[Judged]) -> float:
    """The mean share of whole cuts at or above the threshold, and of others below it."""
    whole = [cut.score >= threshold for cut in judged if cut.recall == 1]
    others = [cut.score < threshold for cut in judged if cut.recall < 1]
    return (_share(whole) + _share(others)) / 2


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 1.0


def print_groups(title: str, judged: Sequence[Judged], key: Callable[[Judged], str | float]) -> None:
    print(f"\n{title:<15}{'cuts':>8}{'correlation':>14}{'mean score':>12}{'mean recall':>13}")
    for name, cuts_alike in _grouped(judged, key):
        score = sum(cut.score for cut in cuts_alike) / len(cuts_alike)
        kept = sum(cut.recall for cut in cuts_alike) / len(cuts_alike)
        print(f"{name!s:<15}{len(cuts_alike):>8}{correlation(cuts_alike):>14.3f}{score:>12.3f}{kept:>13.3f}")


def _grouped(
    judged: Sequence[Judged], key: Callable[[Judged], str | float]
) -> Iterator[tuple[str | float, list[Judged]]]:
    for name, group in groupby(sorted(judged, key=key), key):
        yield name, list(group)


def print_threshold(name: str, threshold: float, judged: Sequence[Judged]) -> None:
    accepted = [cut.recall for cut in judged if cut.score >= threshold]
    kept = 100 * sum(accepted) / max(1, len(accepted))
    whole = 100 * _share([share == 1 for share in accepted])
    print(f"\n{name} threshold {threshold}")
    print(f"  tells whole cuts from others in {100 * told_apart(threshold, judged):.1f} %")
    print(f"  accepts {len(accepted)} of {len(judged)} cuts; they keep {kept:.1f} % of the items")
    print(f"  and {whole:.1f} % of them are whole")


if __name__ == "__main__":
    sys.exit(main())
