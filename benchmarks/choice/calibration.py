"""How far each kind of text may be cut towards the soft target, by what its cases lose at each floor.

    python -m benchmarks.choice.calibration --data DIR [--family NAME ...] [--wanted 99] [--jobs 1]

DIR is as for `benchmarks.quality`. Every case runs without a budget, with a soft target that takes all that a
floor lets go, once for each floor; each family is a kind of text. `recall` is the mean share of needs that
are kept, `sure` what nine in ten draws of as many cases anew reach: the risk of a cut is controlled on the
cases themselves (Angelopoulos et al., Conformal Risk Control, 2022, without its bound: a family has too few
cases). The last line of a family names the highest floor whose `sure` is as wanted; what the product uses
stands in `token_optimizer/optimizer/selection/soft/floors.json`, below that, since other texts differ.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import NamedTuple
from unittest.mock import patch

from benchmarks.cases.compressor import compress
from benchmarks.cases.scoring import Case, load_cases, score_case
from token_optimizer.models import Kind
from token_optimizer.optimizer.selection.soft.floors import KindFloor

# The families whose texts are of one kind that is cut towards the soft target.
KINDS = {
    "chat_memory": Kind.PROSE,
    "rag_qa": Kind.DOCUMENT,
    "stuffed": Kind.DOCUMENT,
    "json_lookup": Kind.JSON,
    "logs": Kind.LOG,
    "ci_logs": Kind.LOG,
    "meeting_qa": Kind.TRANSCRIPT,
    "fewshot": Kind.EXAMPLES,
}
FLOORS = (0.003, 0.006, 0.012, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1)
_DRAWS = 1_000
_SURE = 0.1
# What the rule may take when the floor alone decides.
_ALL = 0.99


class Outcome(NamedTuple):
    """What one case came to at one floor: shares from 0 to 1."""

    family: str
    floor: float
    removed: float
    recall: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of cases")
    parser.add_argument("--family", nargs="+", default=list(KINDS), help="only these families")
    parser.add_argument("--wanted", type=float, default=99.0, help="the recall that is wanted, in percent")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    cases = [
        case
        for case in load_cases(options.data)
        if case["family"] in options.family and case["family"] in KINDS
    ]
    with ProcessPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(_outcome, *zip(*product(cases, FLOORS), strict=True), chunksize=4))
    for family in dict.fromkeys(outcome.family for outcome in outcomes):
        print_family(family, [one for one in outcomes if one.family == family], options.wanted)


def _outcome(case: Case, floor: float) -> Outcome:
    """The case without a budget, at this floor for its kind."""
    kind = KINDS[case["family"]]
    floors = {kind: KindFloor(floor, _ALL)}
    room = "token_optimizer.optimizer.selection.soft.soft_target"
    with patch(f"{room}.kind_floors", lambda: floors), patch(f"{room}.floors_of", lambda _factors: floors):
        whole = partial(compress, target_reduction=_ALL)
        score = score_case({**case, "budget_tokens": None}, whole)
    return Outcome(case["family"], floor, 1 - score.tokens_after / max(1, score.tokens_before), score.recall)


def print_family(family: str, outcomes: Sequence[Outcome], wanted: float) -> None:
    print(f"\n{family}: {KINDS[family].value}")
    print("  floor  removed %  recall %  sure %")
    fit = []
    for floor in FLOORS:
        at_floor = [one for one in outcomes if one.floor == floor]
        removed, recall = (
            100 * fmean(one.removed for one in at_floor),
            100 * fmean(one.recall for one in at_floor),
        )
        sure = 100 * sure_mean([one.recall for one in at_floor])
        print(f"{floor:>7.3f}{removed:>11.1f}{recall:>10.1f}{sure:>8.1f}")
        fit += [floor] if sure >= wanted else []
    print(f"  {wanted:g} % at {max(fit)}" if fit else f"  {wanted:g} % at no floor")


def sure_mean(shares: Sequence[float]) -> float:
    """What the mean of nine in ten draws of as many shares, each put back, is at least."""
    dice = random.Random(len(shares))
    means = sorted(fmean(dice.choices(shares, k=len(shares))) for _ in range(_DRAWS))
    return means[int(_SURE * _DRAWS)]


if __name__ == "__main__":
    main()
