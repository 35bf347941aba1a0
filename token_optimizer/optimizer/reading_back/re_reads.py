"""Finds tools that a model calls again after their results were cut: do the cuts make it work more?

Before: read_log(path="/a") whose result was cut, and three steps later read_log(path="/a") once more
After:  ReReadReport("read_log", "logs", 3, 2_140, "b5"): the new result costs 2,140 tokens
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from token_optimizer.dialects.bodies import conversation_key, conversation_of, messages_of
from token_optimizer.errors import PromptError
from token_optimizer.models import CallStep, CutBlock, Dialect, MadeCall, Path, Prompt, ReReadReport
from token_optimizer.optimizer.formats.call_steps import MAX_STEPS, steps_in
from token_optimizer.optimizer.formats.file_reads import is_within, result_paths

# A reference leaves its text elsewhere in the prompt.
_LOSSLESS = frozenset({"dedupe"})


class Repeat(NamedTuple):
    """A call that came before, by the ids of both, and how many steps lie between them."""

    first_id: str
    again: MadeCall
    steps: int


def repeats_in(body: Mapping[str, Any], dialect: Dialect) -> int:
    """How many calls of the newest message with calls came before with the same arguments, soon enough; 0
    where the body is no prompt."""
    try:
        return len(_repeated(list(steps_in(conversation_of(body, dialect))), 0))
    except PromptError:
        return 0


def repeated_calls(prompt: Prompt, known: int) -> list[Repeat]:
    """The new calls that came before with the same arguments, soon enough. New is what stands behind the
    messages that are `known`; where none are, the newest message with calls."""
    return _repeated(prompt.reading.steps, known)


def _repeated(steps: Sequence[CallStep], known: int) -> list[Repeat]:
    if not steps or steps[-1].message < known:
        return []
    first_new = known or steps[-1].message
    seen: dict[tuple[str, bytes], tuple[str, int]] = {}
    repeats = []
    for at, step in enumerate(steps):
        for call in step.calls:
            before = seen.get(call[1:])
            if step.message < first_new:
                seen[call[1:]] = call.id, at
            elif before is not None and at - before[1] <= MAX_STEPS:
                repeats.append(Repeat(before[0], call, at - before[1]))
    return repeats


def re_reads(
    repeats: Sequence[Repeat], original: Prompt, after: Prompt, cuts: Sequence[CutBlock]
) -> Iterator[ReReadReport]:
    """Those of the repeated calls whose first results were cut."""
    stages = {block_id: cut.stage for cut in cuts if cut.stage not in _LOSSLESS for block_id in cut.blocks}
    tokens = {block.id: block.tokens for block in after.blocks}
    for repeat in repeats:
        cut = [name for name in _result_blocks(original, repeat.first_id) if name in stages]
        if cut:
            new = sum(tokens.get(name, 0) for name in _result_blocks(original, repeat.again.id))
            yield ReReadReport(repeat.again.name, stages[cut[0]], repeat.steps, new, cut[0])


def _result_blocks(prompt: Prompt, call_id: str) -> list[str]:
    """The ids of the blocks of a call's result."""
    key = conversation_key(prompt.dialect)
    messages = enumerate(messages_of(prompt.body, prompt.dialect))
    ids = frozenset({call_id})
    paths: frozenset[Path] = frozenset(
        path for number, message in messages for path in result_paths((key, number), message, ids)
    )
    slots = [is_within(slot.path, paths) for slot in prompt.slots] if paths else []
    return [block.id for block in prompt.blocks if slots and block.slot is not None and slots[block.slot]]
