"""The checks that a prompt passes before it is sent, and the fallbacks where it does not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence, Set
from itertools import pairwise, zip_longest
from typing import Any

from token_optimizer.config import OptimizerConfig
from token_optimizer.dialects.bodies import carries_tool_results, messages_of, role_of
from token_optimizer.dialects.response_items import OUTPUT_OF, OUTPUTS, item_type
from token_optimizer.dialects.text_parts import as_list
from token_optimizer.models import Block, BlockType, Dialect
from token_optimizer.optimizer.prose.directives import extract_constraints

# Strict chat templates want these by turns.
_ALTERNATING_ROLES = frozenset({"user", "assistant"})
_NONE: frozenset[str] = frozenset()
Rerun = Callable[[list[Block], dict[str, Any]], list[Block]]
_SAFE_TYPES = (BlockType.SYSTEM, BlockType.DEVELOPER, BlockType.USER, BlockType.CONSTRAINT)


def validate(blocks: list[Block], config: Mapping[str, Any] | OptimizerConfig) -> tuple[bool, list[str]]:
    """Whether the blocks form a prompt that may be sent, and what is missing where they do not.

    Besides the config's fields, a plain dict may say what the original had: `had_system`, `had_user`
    (both taken as true where absent), `had_constraints` and `tools_enabled`. A check applies only to
    what the original had.
    """
    had = _as_dict(config)
    types = {block.type for block in blocks}
    errors = []
    if had.get("had_system", True) and BlockType.SYSTEM not in types:
        errors.append("Missing system message")
    if had.get("had_user", True) and BlockType.USER not in types:
        errors.append("Missing user message")
    if had.get("had_constraints") and BlockType.CONSTRAINT not in types:
        errors.append("Constraints dropped")
    if had.get("tools_enabled") and BlockType.TOOL not in types:
        errors.append("Tool schemas missing")
    budget, total = had.get("max_input_tokens"), sum(block.tokens for block in blocks)
    if budget is not None and total > budget:
        errors.append(f"Over budget: {total} > {budget}")
    return not errors, errors


def apply_fallback(
    blocks: list[Block],
    config: Mapping[str, Any] | OptimizerConfig,
    validation_errors: Sequence[str],
    rerun: Rerun | None = None,
) -> tuple[list[Block], bool]:
    """The guide's steps, each tried only if the one before did not validate.

    1. Compressed blocks go back to their original text. 2. Two more turns are kept: `rerun(blocks, config)`
    runs the pipeline again where it is given. 3. System, developer, user and constraint blocks, with all
    tool schemas. Returns the blocks and whether a fallback was used.
    """
    if not validation_errors:
        return blocks, False
    settings = _as_dict(config)
    blocks = [_uncompressed(block) for block in blocks]
    if validate(blocks, settings)[0]:
        return blocks, True
    if rerun is not None:
        settings["keep_last_n_turns"] = settings.get("keep_last_n_turns", 4) + 2
        again = rerun(blocks, settings)
        if validate(again, settings)[0]:
            return again, True
    wanted = (*_SAFE_TYPES, BlockType.TOOL) if settings.get("tools_enabled") else _SAFE_TYPES
    return [block for block in blocks if block.type in wanted], True


def constraint_faults(
    original: Sequence[Block], sent: Callable[[], Sequence[str]], keywords: Sequence[str] = ()
) -> set[str]:
    """Whether a directive of the original's prose is missing in the texts that are to be sent, which are
    asked for where there is one."""
    constraints = extract_constraints(list(original), keywords)
    if constraints is None:
        return set()
    text = _one_spaced("\n".join(sent()))
    lost = sum(_one_spaced(line) not in text for line in constraints.content.split("\n"))
    return {f"{lost} constraints lost"} if lost else set()


def structure_faults(body: Mapping[str, Any], dialect: Dialect, known: int = 0) -> set[str]:
    """What providers refuse: tool results without a call, calls without a result, empty messages. So many
    messages are `known`: what is wrong with them alone is not told."""
    messages = messages_of(body, dialect)
    if known and dialect != "responses":
        messages = messages[_first_open(messages, known) :]
    faults = {"empty user message"} if any(map(_is_empty_user_message, messages)) else set()
    if not messages and not (dialect == "responses" and _stored_elsewhere(body)):
        faults.add("no messages")
    if dialect == "responses":
        return faults | _item_faults(messages, _stored_elsewhere(body))
    return faults | _pairing_faults(messages, dialect)


def _first_open(messages: Sequence[Mapping[str, Any]], known: int) -> int:
    """The last message before the new ones that answers no calls: new ones may answer its own."""
    first = min(known, len(messages)) - 1
    while first > 0 and (role_of(messages[first]) == "tool" or carries_tool_results(messages[first])):
        first -= 1
    return max(0, first)


def alternation_faults(before: Mapping[str, Any], after: Mapping[str, Any], dialect: Dialect) -> set[str]:
    """Whether messages went so that more of one role stand in a row than did before, which strict chat
    templates refuse."""
    old, new = messages_of(before, dialect), messages_of(after, dialect)
    if len(old) == len(new) or _repeated_roles(new) <= _repeated_roles(old):
        return set()
    return {"two messages of one role in a row"}


def _repeated_roles(messages: Sequence[Mapping[str, Any]]) -> int:
    """How many messages follow one of the same role."""
    return sum(first == second in _ALTERNATING_ROLES for first, second in pairwise(map(role_of, messages)))


def _pairing_faults(messages: Sequence[Mapping[str, Any]], dialect: Dialect) -> set[str]:
    """Results follow their calls at once in both dialects that have messages."""
    faults: set[str] = set()
    open_calls: set[str] = set()
    for message in messages:
        calls, results = _calls_and_results(message, dialect)
        if not (calls or results or open_calls):
            continue
        if not results <= open_calls:
            faults.add("tool result without its call")
        open_calls -= results
        if open_calls and not results:
            faults.add("tool call without its result")
            open_calls = set()
        open_calls |= calls
    return faults


def _item_faults(items: Sequence[Mapping[str, Any]], stored: bool) -> set[str]:
    """Outputs come anywhere after their calls; reasoning right before what it led to."""
    faults: set[str] = set()
    calls: set[str] = set()
    answered: set[str] = set()
    for item, following in zip_longest(items, items[1:]):
        kind, call_id = item_type(item), _id(item.get("call_id") or item.get("id"))
        if kind in OUTPUT_OF:
            calls.add(call_id)
        elif kind in OUTPUTS:
            answered.add(call_id)
            if call_id not in calls and not stored:
                faults.add("tool result without its call")
        elif kind == "reasoning" and (following is None or role_of(following) == "user"):
            faults.add("reasoning without what it led to")
    return faults | ({"tool call without its result"} if calls - answered else set())


def _stored_elsewhere(body: Mapping[str, Any]) -> bool:
    """Whether the provider keeps a part of the conversation, and the call may stand there."""
    return any(body.get(name) for name in ("previous_response_id", "conversation", "prompt"))


def _is_empty_user_message(message: Mapping[str, Any]) -> bool:
    return not message.get("content") and role_of(message) == "user"


def _calls_and_results(message: Mapping[str, Any], dialect: Dialect) -> tuple[Set[str], Set[str]]:
    if dialect == "openai":
        if message.get("role") == "tool":
            return _NONE, {_id(message.get("tool_call_id"))}
        if "tool_calls" not in message:
            return _NONE, _NONE
        made = as_list(message["tool_calls"])
        return {_id(call.get("id")) for call in made if isinstance(call, dict)}, _NONE
    parts = [part for part in as_list(message.get("content")) if isinstance(part, dict)]
    calls = {_id(part.get("id")) for part in parts if part.get("type") == "tool_use"}
    results = {_id(part.get("tool_use_id")) for part in parts if part.get("type") == "tool_result"}
    return calls, results


def _id(value: Any) -> str:
    return value if isinstance(value, str) else type(value).__name__


def _one_spaced(text: str) -> str:
    return " ".join(text.split())


def _uncompressed(block: Block) -> Block:
    if not block.compressed or block.original_content is None:
        return block
    return dataclasses.replace(block, content=block.original_content, compressed=False, tokens=0)


def _as_dict(config: Mapping[str, Any] | OptimizerConfig) -> dict[str, Any]:
    return dict(config) if isinstance(config, Mapping) else dataclasses.asdict(config)
