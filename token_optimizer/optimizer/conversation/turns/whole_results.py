"""Keeps the results of some tools whole: they are must-keep, and the trace says why.

Before: the result of a call of `read_ledger`, with `uncut_tools` ["read_ledger"]
After:  the same result, must_keep; only what loses nothing may still shorten it
"""

from __future__ import annotations

from collections.abc import Sequence

from token_optimizer.dialects.bodies import conversation_key, messages_of
from token_optimizer.models import Prompt
from token_optimizer.optimizer.formats.file_reads import calls_of, is_within, result_paths

_NOTE = "results of this tool are never cut"


def keep_results_of(prompt: Prompt, tools: Sequence[str]) -> Prompt:
    """The prompt with the open blocks marked that are results of one of these tools."""
    messages = messages_of(prompt.body, prompt.dialect) if tools else ()
    ids = frozenset(call.id for call in calls_of(messages) if call.id and call.name in tools)
    if not ids:
        return prompt
    key = conversation_key(prompt.dialect)
    paths = frozenset(
        path for number, message in enumerate(messages) for path in result_paths((key, number), message, ids)
    )
    kept = {number for number, slot in enumerate(prompt.slots) if is_within(slot.path, paths)}
    blocks = tuple(
        block.but(must_keep=True, note=_NOTE) if block.slot in kept and not block.must_keep else block
        for block in prompt.blocks
    )
    return prompt.but(blocks=blocks)
