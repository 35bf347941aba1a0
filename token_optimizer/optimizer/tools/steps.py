"""How much stays of each tool's descriptions, by what the conversation is likely to need, and what has to go.

The first step is the soft target's: every rule stays. The tool that the first question asks for stays whole;
of those near it stays what each does, and of those that are clearly unlikely that in a phrase.

Before: `find_berth` "Finds a free berth. Max 9." and `sink_boat` "Sinks a boat at low tide. NEVER a ferry."
After:  the first whole, and "Sinks a boat. NEVER a ferry.", where the question asks for a berth
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from token_optimizer.models import Block
from token_optimizer.optimizer.tools.schemas import Detail, minimized, shorter_of

# From the least harm to the most: what tools get that the conversation is not likely to need, and the others.
_STEPS = (
    (Detail("rules", "rules"), None),
    (Detail("first_sentence", "rules", marked=True), None),
    (Detail("first_sentence", "none", marked=True), Detail("rules", "rules")),
    (Detail("few_words", "none", marked=True), Detail("first_sentence", "rules", marked=True)),
    (Detail("none", "none", marked=True), Detail("first_sentence", "first_sentence", marked=True)),
    (Detail("none", "none", marked=True), Detail("first_sentence", "none", marked=True)),
    (Detail("none", "none", marked=True), Detail("none", "none", marked=True)),
)
SOFT_STEPS = 1
STEPS = len(_STEPS)
# What clearly unlikely tools get at the first steps, and up to the second those near what is likely.
_UNLIKELY = (
    Detail("gist", "rules"),
    Detail("first_gist", "rules", marked=True),
    Detail("first_gist", "none", marked=True),
)
_NEAR = Detail("concise", "rules")
# What a tool gets at least that is left to be read back; the step before the first is for these tools alone.
_DEFERRED_STEP = 2
DEFERRAL = -1


@dataclass(frozen=True, slots=True)
class Need:
    """The indexes of tools: those that are likely to be called, those that are near them, those that are
    clearly unlikely, and of these those that are left to be read back."""

    likely: Collection[int] = ()
    near: Collection[int] = ()
    unlikely: Collection[int] = ()
    deferred: Collection[int] = ()


def schemas_by_need(blocks: list[Block], need: Need, step: int, show_handles: bool = False) -> list[Block]:
    """The tools with less of their descriptions at each step, the least needed first."""
    details = [_detail_of(index, need, step) for index in range(len(blocks))]
    shortened = [
        block if detail is None else minimized(block, ["*"], detail, show_handles)
        for block, detail in zip(blocks, details, strict=True)
    ]
    return shorter_of(blocks, shortened)


def _detail_of(index: int, need: Need, step: int) -> Detail | None:
    if index in need.deferred:
        return replace(_STEPS[max(step, _DEFERRED_STEP)][0], deferred=True)
    if step == DEFERRAL:
        return None
    if step < len(_UNLIKELY) and index in need.unlikely:
        return _UNLIKELY[step]
    if step <= 1 and index in need.near:
        return _NEAR
    unlikely_detail, likely_detail = _STEPS[step]
    return likely_detail if index in need.likely or index in need.near else unlikely_detail
