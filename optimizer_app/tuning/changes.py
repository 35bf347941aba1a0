"""Which changes of a config what happened speaks for. Each is towards safety, by one step.

A rule's cuts of one kind that were wanted again in more than a twentieth: that kind's floor is halved, or for
compressed prose the faithfulness that is asked for goes up. A tool called again for what was cut: its results
are never cut. Bad feedback on cut requests, failing regression cases or a holdout that does worse: the soft
target goes down.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from optimizer_app.tuning.signals import Signals
from token_optimizer.config import FLOOR_KINDS, TOOL_RESULT, OptimizerConfig

# Fewer say nothing of a config.
MIN_CALLS = 5
MIN_SCORES = 10
MIN_TOKENS_CUT = 2_000
WANTED_SHARE = 0.05
BAD_SCORE = -0.2
FLOOR_STEP = 0.5
TARGET_STEP = 0.1
FAITHFULNESS_STEP = 0.03
MAX_FAITHFULNESS = 0.97
_COMPRESS, _RESULTS = "compress", "results"
_FLOORED = frozenset({"target", "logs", _RESULTS})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A figure in words, and the requests that show it."""

    text: str
    traces: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One field's change, and what speaks for it."""

    field: str
    before: Any
    after: Any
    why: str
    evidence: Sequence[Evidence] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def proposed_changes(signals: Signals, config: OptimizerConfig) -> list[Change]:
    """The changes, each field once."""
    found = (_floors(signals, config), _faithfulness(signals, config), _tools(signals, config))
    return [change for change in (*found, _target(signals, config)) if change is not None]


def is_within_bounds(change: Change, config: OptimizerConfig) -> bool:
    """Whether the config lets the change be made without being asked."""
    if change.field == "target_reduction":
        return change.after is not None and change.after >= config.tuning_min_target
    if change.field == "floor_factors":
        return all(factor >= config.tuning_min_floor for factor in change.after.values())
    return True


def _floors(signals: Signals, config: OptimizerConfig) -> Change | None:
    factors, evidence = dict(config.floor_factors), []
    for cut in signals.cuts:
        kind = TOOL_RESULT if cut.rule == _RESULTS else cut.kind
        is_floored = cut.rule in _FLOORED and kind in FLOOR_KINDS
        if not is_floored or cut.cut < MIN_TOKENS_CUT or cut.wanted_share <= WANTED_SHARE:
            continue
        factors[kind] = round(config.floor_factors.get(kind, 1.0) * FLOOR_STEP, 4)
        wanted = f"{cut.read_tokens + cut.again_tokens:,} of {cut.cut:,} tokens"
        text = f"{wanted} that {cut.rule} cut of {cut.kind} were wanted again, in {cut.requests:,} requests"
        evidence.append(Evidence(text, _ids(signals.traces_of_cuts)))
    if not evidence:
        return None
    why = "What was cut of these kinds was wanted again: half as high a floor keeps more of it."
    return Change("floor_factors", dict(config.floor_factors), factors, why, evidence)


def _faithfulness(signals: Signals, config: OptimizerConfig) -> Change | None:
    wanted = [cut for cut in signals.cuts if cut.rule == _COMPRESS and cut.wanted_share > WANTED_SHARE]
    wanted = [cut for cut in wanted if cut.cut >= MIN_TOKENS_CUT]
    before = config.faithfulness_threshold
    after = round(min(MAX_FAITHFULNESS, before + FAITHFULNESS_STEP), 3)
    if not wanted or after <= before:
        return None
    tokens = sum(cut.read_tokens + cut.again_tokens for cut in wanted)
    text = f"{tokens:,} of {sum(cut.cut for cut in wanted):,} compressed tokens were wanted again"
    why = "What compression left out was wanted again: only more faithful ones are to be used."
    evidence = [Evidence(text, _ids(signals.traces_of_cuts))]
    return Change("faithfulness_threshold", before, after, why, evidence)


def _tools(signals: Signals, config: OptimizerConfig) -> Change | None:
    again = [
        found
        for found in signals.tools
        if found.calls >= MIN_CALLS and found.tool and found.tool not in config.uncut_tools
    ]
    if not again:
        return None
    after = [*config.uncut_tools, *(found.tool for found in again)]
    evidence = [
        Evidence(
            f"{found.tool} was called again {found.calls:,} times, for {found.tokens:,} tokens",
            _ids(found.traces),
        )
        for found in again
    ]
    why = "Models call these tools again once their results were cut: whole results cost less."
    return Change("uncut_tools", list(config.uncut_tools), after, why, evidence)


def _target(signals: Signals, config: OptimizerConfig) -> Change | None:
    evidence = list(_against_target(signals))
    if not evidence or config.target_reduction is None:
        return None
    left = round(config.target_reduction - TARGET_STEP, 3)
    why = "Answers are worse where prompts were cut: a lower soft target cuts less."
    return Change("target_reduction", config.target_reduction, max(0.0, left), why, evidence)


def _against_target(signals: Signals) -> Iterator[Evidence]:
    said = signals.feedback
    if said.count >= MIN_SCORES and said.mean <= BAD_SCORE:
        text = f"Feedback on {said.count:,} requests that were made smaller: {said.mean:+.2f} on average"
        yield Evidence(text, _ids(said.worst))
    if signals.failing:
        yield Evidence(f"Regression cases fail under the live version: {', '.join(signals.failing[:5])}")
    for found in signals.worse:
        if found.metric.name not in ("cost", "input_tokens"):
            yield Evidence(f"{found.metric.title}: worse than in held-out conversations, by the 95% interval")


def _ids(traces: Sequence[uuid.UUID]) -> list[str]:
    return [str(trace) for trace in traces]
