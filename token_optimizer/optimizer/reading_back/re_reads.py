"""Finds tools that a model calls again after their results were cut: do the cuts make it work more?

Before: read_log(path="/a") whose result was cut, and three steps later read_log(path="/a") once more
After:  ReReadReport("read_log", "logs", 3, 2_140, "b5"): the new result costs 2,140 tokens
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from token_optimizer.dialects.bodies import conversation_key, conversation_of
from token_optimizer.errors import PromptError
from token_optimizer.models import CutBlock, Dialect, Path, Prompt, ReReadReport
from token_optimizer.optimizer.formats.file_reads import Call, calls_of, is_within, result_paths

# A step is a message of the model with calls. What is called again later has other reasons.
MAX_STEPS = 10
# A reference leaves its text elsewhere in the prompt.
_LOSSLESS = frozenset({"dedupe"})
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


class Repeat(NamedTuple):
    """A call that came before, by the ids of both, and how many steps lie between them."""

    first_id: str
    again: Call
    steps: int


def repeats_in(body: Mapping[str, Any], dialect: Dialect) -> int:
    """How many calls of the newest message with calls came before with the same arguments, soon enough; 0
    where the body is no prompt."""
    try:
        return len(_repeated(conversation_of(body, dialect), 0))
    except PromptError:
        return 0


def repeated_calls(prompt: Prompt, known: int) -> list[Repeat]:
    """The new calls that came before with the same arguments, soon enough. New is what stands behind the
    messages that are `known`; where none are, the newest message with calls."""
    return _repeated(conversation_of(prompt.body, prompt.dialect), known)


def _repeated(messages: Sequence[Mapping[str, Any]], known: int) -> list[Repeat]:
    first_new = known or _newest_with_calls(messages)
    if not any(calls_of(messages[first_new:])):
        return []
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    repeats = []
    for step, (number, calls) in enumerate(_steps(messages, first_new)):
        for call in calls:
            key = _key(call)
            before = seen.get(key)
            if number < first_new:
                seen[key] = call.id, step
            elif before is not None and step - before[1] <= MAX_STEPS:
                repeats.append(Repeat(before[0], call, step - before[1]))
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


def _newest_with_calls(messages: Sequence[Mapping[str, Any]]) -> int:
    places = range(len(messages) - 1, -1, -1)
    return next((number for number in places if any(calls_of([messages[number]]))), len(messages))


def _steps(messages: Sequence[Mapping[str, Any]], first_new: int) -> list[tuple[int, list[Call]]]:
    """The messages with calls, by number: all new ones, and as many before them as count."""
    steps: list[tuple[int, list[Call]]] = []
    old = 0
    for number in range(len(messages) - 1, -1, -1):
        calls = list(calls_of([messages[number]]))
        if calls:
            steps.append((number, calls))
            old += number < first_new
        if old > MAX_STEPS:
            break
    return steps[::-1]


def _key(call: Call) -> tuple[str, str]:
    try:
        return call.name, _sorted_json(call.arguments)
    except (ValueError, RecursionError):
        return call.name, call.id


def _sorted_json(arguments: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(arguments, option=_SORTED).decode()
    except TypeError:
        # Integers beyond 64 bits, lone surrogates.
        return json.dumps(arguments, sort_keys=True, default=str)


def _result_blocks(prompt: Prompt, call_id: str) -> list[str]:
    """The ids of the blocks of a call's result."""
    key = conversation_key(prompt.dialect)
    messages = enumerate(conversation_of(prompt.body, prompt.dialect))
    ids = frozenset({call_id})
    paths: frozenset[Path] = frozenset(
        path for number, message in messages for path in result_paths((key, number), message, ids)
    )
    slots = [is_within(slot.path, paths) for slot in prompt.slots] if paths else []
    return [block.id for block in prompt.blocks if slots and block.slot is not None and slots[block.slot]]
