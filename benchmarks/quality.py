"""Scores the optimizer on cases with known must-keep items, family by family.

    python -m benchmarks.quality --data DIR [--floors benchmarks/floors.json] [--family NAME ...] [--misses]
                                [--no-budget] [--no-query] [--read-back] [--faithfulness]

DIR holds .jsonl or .jsonl.gz files with one case a line: see docs/benchmarks.md. Ends with 1 where a family
is below one of its floors. `--no-budget` measures what users get who set nothing, and `--no-query` what the
optimizer does where nobody tells it which words are the question. `--read-back` measures what goes out
where the model can read back what was cut, as through the gateway; nothing is read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import fmean

from benchmarks.cases.compressor import compress
from benchmarks.cases.scoring import (
    Case,
    CaseScore,
    FamilyScore,
    family_scores,
    load_cases,
    prompt_text,
    score_case,
)
from token_optimizer.optimizer.compression.faithfulness.score import faithfulness_score

FLOORS = ("reduction", "macro_recall", "valid", "in_budget")
_HEADER = ("family", "cases", "tokens", "reduction %", "macro recall %", "full %", "valid %", "in budget %")
# A figure that prints like its floor has reached it.
_ROUNDING = 0.05


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    floors = json.loads(options.floors.read_text()) if options.floors else {}
    cases = [case for case in load_cases(options.data) if _is_wanted(case, options.family)]
    if not cases:
        raise SystemExit(f"{options.data} holds no case of the families asked for")
    without = {
        name: None for name in ("budget_tokens", "query") if getattr(options, f"no_{name.split('_')[0]}")
    }
    scores = scores_of([{**case, **without} for case in cases], options.jobs, reads_back=options.read_back)
    families = family_scores(scores)
    print_table(families)
    if options.misses:
        print_misses(scores)
    if options.faithfulness:
        print_faithfulness(cases)
    missed = list(missed_floors(families, floors))
    for line in missed:
        print(line, file=sys.stderr)
    return 1 if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of cases")
    parser.add_argument("--floors", type=Path, help="JSON: family -> {reduction, macro_recall, ...}")
    parser.add_argument("--family", nargs="+", help="only these families")
    parser.add_argument("--jobs", type=int, default=1, help="processes; times are only right with 1")
    parser.add_argument("--no-budget", action="store_true", help="every case without its budget")
    parser.add_argument("--no-query", action="store_true", help="the question not told apart")
    parser.add_argument("--read-back", action="store_true", help="the model can read back what was cut")
    parser.add_argument("--misses", action="store_true", help="name what was lost and what is not valid")
    parser.add_argument("--faithfulness", action="store_true", help="the mean faithfulness score, too")
    return parser.parse_args(arguments)


def _is_wanted(case: Case, families: Sequence[str] | None) -> bool:
    return not families or case["family"] in families


def scored(case: Case, *, reads_back: bool = False) -> CaseScore:
    """The case as the optimizer's preset `balanced` does on it."""
    return score_case(case, partial(compress, reads_back=reads_back))


def scores_of(cases: Sequence[Case], jobs: int, *, reads_back: bool = False) -> list[CaseScore]:
    """Every case's score, in order."""
    score = partial(scored, reads_back=reads_back)
    if jobs == 1:
        return [score(case) for case in cases]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(score, cases, chunksize=4))


def missed_floors(
    families: Sequence[FamilyScore], floors: Mapping[str, Mapping[str, float]]
) -> Iterator[str]:
    """A line for every floor that is missed; a family that no case belongs to has missed all of its own."""
    found = {family.family: family for family in families}
    for name, floor in floors.items():
        family = found.get(name)
        if family is None:
            yield f"{name}: no cases"
            continue
        for figure in FLOORS:
            value = getattr(family, figure)
            if figure in floor and value is not None and value < floor[figure] - _ROUNDING:
                yield f"{name}: {figure} is {value:.1f} %, its floor {floor[figure]} %"


def print_table(families: Sequence[FamilyScore]) -> None:
    print(f"{_HEADER[0]:<15}" + "".join(f"{title:>16}" for title in (*_HEADER[1:], "ms per 1k")))
    for row in families:
        fits = "-" if row.in_budget is None else f"{row.in_budget:.1f}"
        shares = (row.reduction, row.macro_recall, row.full, row.valid)
        cells = [str(row.cases), str(row.tokens), *(f"{share:.1f}" for share in shares), fits]
        print(f"{row.family:<15}" + "".join(f"{cell:>16}" for cell in (*cells, f"{row.ms_per_1k:.2f}")))


def print_misses(scores: Sequence[CaseScore]) -> None:
    for score in scores:
        lost = [item[:80] for item in score.missed]
        faults = [*score.faults, *([] if score.fits else [f"{score.tokens_after} of {score.budget_tokens}"])]
        if lost or faults:
            print(f"  {score.id}: lost {len(lost)} of {score.items} {lost[:5]} {', '.join(faults)}")


def print_faithfulness(cases: Sequence[Case]) -> None:
    """What the faithfulness score says of each whole prompt, which does not know what was asked."""
    found: dict[str, list[float]] = {}
    for case in cases:
        given = {
            name: case.get(name) for name in ("messages", "tools", "documents", "query", "budget_tokens")
        }
        score = faithfulness_score(prompt_text(case), prompt_text(compress(**given)))
        found.setdefault(case["family"], []).append(score)
    for family, scores in sorted(found.items()):
        print(f"{family:<15} mean faithfulness {fmean(scores):.2f}")
    print(f"{'all cases':<15} mean faithfulness {fmean(chain.from_iterable(found.values())):.2f}")


if __name__ == "__main__":
    sys.exit(main())
