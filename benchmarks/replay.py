"""Conversations sent turn by turn, whose last question asks for something said long before.

    python -m benchmarks.replay --data DIR [--family chat_memory] [--share 0.3] [--cases N]

Each case of the family is sent as its user would: every turn with the memory of those before, within a hard
budget of that share of the whole. What the last question needs is compared with what is left of it in the
last request, and with what would be left had the whole been sent at once. Only cases of five turns or more.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.cases.scoring import Case, load_cases, prompt_text, prompt_tokens
from token_optimizer import OptimizerConfig
from token_optimizer.cli.bench.matching import Haystack
from token_optimizer.models import OptimizationResult
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Memory, Ports

_MIN_TURNS = 5


@dataclass(frozen=True, slots=True)
class Replay:
    """One conversation: the share of must-keep items in its last request, `recall`, and `recall_at_once`;
    how many of its turns were compactions, and whether all other ones began as the turn before was sent."""

    recall: float
    recall_at_once: float
    turns: int
    compactions: int
    is_stable: bool
    is_within: bool


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder or file of cases")
    parser.add_argument("--family", default="chat_memory")
    parser.add_argument("--share", type=float, default=0.3, help="hard budget, as a share of the whole")
    parser.add_argument("--cases", type=int, help="no more than so many")
    options = parser.parse_args(arguments)
    cases = (case for case in load_cases(options.data) if case["family"] == options.family)
    replays = [replay(case, options.share) for case in islice(replayable(cases), options.cases)]
    if not replays:
        raise SystemExit(f"{options.data} holds no long conversation of the family {options.family}")
    count, turns = len(replays), sum(each.turns for each in replays)
    print(f"{count} conversations of {options.family}, {turns} turns, at {options.share:.0%} of their tokens")
    print(f"recall turn by turn {sum(each.recall for each in replays) / count:.1%}")
    print(f"recall at once      {sum(each.recall_at_once for each in replays) / count:.1%}")
    print(f"compactions a turn  {sum(each.compactions for each in replays) / turns:.3f}")
    print(f"stable prefixes     {sum(each.is_stable for each in replays) / count:.0%}")
    print(f"within the budget   {sum(each.is_within for each in replays) / count:.0%}")


def replayable(cases: Iterator[Case]) -> Iterator[Case]:
    """The cases that have enough turns."""
    return (case for case in cases if len(_ends(case)) >= _MIN_TURNS)


def replay(case: Case, share: float) -> Replay:
    """Send the case turn by turn."""
    budget_tokens = int(share * prompt_tokens(case))
    memory = InProcessMemory()
    before: list[Any] = []
    compactions, is_stable, is_within = 0, True, True
    for end in _ends(case):
        result = _sent(case, end, budget_tokens, memory)
        sent = result.body["messages"]
        compactions += result.stats.compacted
        is_stable = is_stable and (result.stats.compacted or sent[: len(before)] == before)
        is_within = is_within and not result.stats.over_budget
        before = sent
    at_once = _sent(case, _ends(case)[-1], budget_tokens, None)
    recalls = [_recall(case, made) for made in (result, at_once)]
    return Replay(*recalls, len(_ends(case)), compactions, is_stable, is_within)


def _ends(case: Case) -> list[int]:
    """Where the user speaks: each is a request with all before it."""
    return [at for at, message in enumerate(case["messages"], 1) if message["role"] == "user"]


def _sent(case: Case, end: int, budget_tokens: int, memory: Memory | None) -> OptimizationResult:
    body = {"model": "gpt-4o", "messages": case["messages"][:end]}
    config = OptimizerConfig.preset("balanced", max_input_tokens=None)
    ports = Ports(memory=memory)
    return optimize_body(body, "openai", config=config, budget_tokens=budget_tokens, ports=ports)


def _recall(case: Case, result: OptimizationResult) -> float:
    left = Haystack(prompt_text(result.body))
    return sum(left.holds(item) for item in case["must_retain"]) / len(case["must_retain"])


if __name__ == "__main__":
    main()
