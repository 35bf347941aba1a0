"""Measures the floors of the soft target: what a floor alone would cut, and whether what is needed stays.

    python -m benchmarks.calibration --data DIR --family rag_qa [--floors 0.03 0.05 ...] [--cases N]

Every kind of text gets the same floor, and a target that no prompt meets, so that nothing but the floor
stops the cut. The floor of a kind, in `optimizer/selection/floors.json`, is taken below the one from which
the recall of the family with that kind falls: documents in rag_qa, prose in chat_memory, JSON in json_lookup,
transcripts in meeting_qa, examples in fewshot.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.cases.scoring import Case, family_scores, load_cases, score_case
from token_optimizer import OptimizerConfig
from token_optimizer.dialects.bodies import detect_dialect
from token_optimizer.models import Kind
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.selection import soft_target
from token_optimizer.optimizer.selection.floors import KindFloor, kind_floors

_FLOORS = (0.015, 0.03, 0.05, 0.07, 0.09, 0.11)
_UNMET_TARGET = 0.9
_MAX_CUT = 0.95
_ENOUGH_MS = 600_000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of cases")
    parser.add_argument("--family", required=True)
    parser.add_argument("--floors", type=float, nargs="+", default=_FLOORS)
    parser.add_argument("--cases", type=int, help="no more than so many")
    options = parser.parse_args(arguments)
    cases = [case for case in load_cases(options.data) if case["family"] == options.family]
    print("floor   removed   needs kept   cases with all of them")
    for floor in options.floors:
        removed, recall, full = figures_at(floor, list(islice(cases, options.cases)))
        print(f"{floor:<8}{removed:6.1f}%{recall:12.1f}%{full:14.1f}%")


def figures_at(floor: float, cases: Sequence[Case]) -> tuple[float, float, float]:
    """Of the cases, in percent: tokens removed, needs kept, and cases that kept all of them."""
    with mock.patch.object(soft_target, "kind_floors", return_value=_same_floors(floor)):
        scores = [score_case({**case, "budget_tokens": None}, _compress) for case in cases]
    (family,) = family_scores(scores)
    return family.reduction, family.macro_recall, family.full


def _same_floors(floor: float) -> Mapping[Kind, KindFloor]:
    return dict.fromkeys(kind_floors(), KindFloor(floor, _MAX_CUT))


def _compress(
    messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None, **prompt: Any
) -> dict[str, Any]:
    body: dict[str, Any] = {"messages": list(messages)} | ({"tools": list(tools)} if tools else {})
    config = OptimizerConfig.preset("balanced", target_reduction=_UNMET_TARGET, max_latency_ms=_ENOUGH_MS)
    # Nothing is remembered: with the next floor the same case is cut anew.
    sent = optimize_body(body, detect_dialect(body["messages"], tools), config=config, **prompt).body
    return {"messages": sent["messages"], "tools": sent.get("tools"), "documents": None}


if __name__ == "__main__":
    main()
