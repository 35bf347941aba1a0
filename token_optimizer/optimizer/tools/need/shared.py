"""Tools as they went in another conversation, whose cached prefix this one begins with, too.

Which descriptions are short is decided by a first question, and the provider's cache has tools before all
else: were it decided anew for each conversation, none would find what another one wrote. So what was decided
first holds for all that have the same tools. What this question needs of them, and cannot be done without, is
told in front of it.

Before: `sink_boat` was left to be read back, after a question for a berth; this one asks to sink a boat
After:  `sink_boat` as it went; "[left out of the tools before, asked for now:]" and its descriptions
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from token_optimizer.models import Block, BlockType, Kind, Prompt
from token_optimizer.optimizer.restored_blocks import restored_block, with_source
from token_optimizer.optimizer.tools.keywords import HOLDS_LIST, HOLDS_MAP, HOLDS_ONE
from token_optimizer.optimizer.tools.need.deferral import DEFERRED
from token_optimizer.optimizer.tools.schemas import tool_name, tool_of
from token_optimizer.ports import SentBlock

# Tokens that descriptions in front of a question may cost together, within what the short tools saved.
MAX_TOKENS = 800
_SOURCE = "the tools"
_SHARED = "as in an earlier conversation, for the provider's cache"
_TOLD = "needed now, and shorter in an earlier conversation"
_NAME = re.compile(r"[\w-]+")


def may_be_shared(schemas: Sequence[Block], sent: Sequence[SentBlock]) -> bool:
    """Whether what was sent for these tools is good for another question: none is forced, and no rule went
    that could not be read back."""
    is_forced = any(block.must_keep for block in schemas)
    lengths = [len(block.content) for block in schemas]
    is_same = lengths == [one.length for one in sent]
    return bool(sent) and is_same and not is_forced and all(map(_keeps_rules, sent))


def _keeps_rules(sent: SentBlock) -> bool:
    return not sent.markers or DEFERRED in sent.why


def as_shared(schemas: Sequence[Block], sent: Sequence[SentBlock]) -> list[Block]:
    """The tools as they were sent."""
    pairs = zip(schemas, sent, strict=True)
    return [_as_sent(block, one) for block, one in pairs if not one.dropped]


def _as_sent(block: Block, sent: SentBlock) -> Block:
    # A handle of theirs may be no other one's, nor change for one.
    if sent.content is None:
        return block.but(frozen=True)
    note = DEFERRED if sent.markers else _SHARED
    return block.but(content=sent.content, markers=sent.markers, note=note, frozen=True, tokens=0)


def with_needed(
    prompt: Prompt, own: Sequence[Block], whole: Sequence[Block], likely: Sequence[str], room: int
) -> Prompt:
    """The prompt with descriptions in front of its question: of tools that its `own` decision would say more
    of, and that the question names, or is likely to need where they were left to be read back.

    `whole` are the tools without what is redundant; `likely` are ids, the best ones first. What is told has
    `room` for so many tokens.
    """
    at = _question_at(prompt)
    if at is None:
        return prompt
    question = prompt.blocks[at]
    shared = {block.id: block for block in prompt.blocks if block.kind is Kind.SCHEMA}
    more = {block.id for block in own if block.id in shared and block.tokens > shared[block.id].tokens}
    candidates = {block.id: block for block in whole if block.id in more}
    words = set(_NAME.findall(question.content))
    named = [name for name, block in candidates.items() if _name_of(block) in words]
    deferred = [name for name in likely if name in candidates and shared[name].markers]
    needed = [candidates[name] for name in dict.fromkeys([*named, *deferred])]
    texts = "\n".join(map(described, _within(min(MAX_TOKENS, room), needed)))
    if not texts:
        return prompt
    passage = with_source(question.but(id="tools", content=texts, type=BlockType.TOOL, markers=()), _SOURCE)
    told = restored_block(passage, question, 0).but(note=_TOLD)
    return replace(prompt, blocks=(*prompt.blocks[:at], told, *prompt.blocks[at:]))


def described(block: Block) -> str:
    """What the tool says of itself and of its parameters, a line each."""
    tool = tool_of(block.content) or {}
    function = tool.get("function")
    definition = function if isinstance(function, dict) else tool
    schema = definition.get("parameters") or definition.get("input_schema")
    try:
        of_parameters = [f"- {name}: {text}" for name, text in _descriptions(schema, ())]
    except RecursionError:
        of_parameters = []
    return "\n".join([f"{tool_name(tool)}: {definition.get('description', '')}", *of_parameters])


def _descriptions(schema: Any, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The description of each parameter, with its name behind those of what it stands in."""
    if not isinstance(schema, dict):
        return
    text = schema.get("description")
    if names and isinstance(text, str):
        yield ".".join(names), text
    for key, held in schema.items():
        if key in HOLDS_MAP and isinstance(held, dict):
            for name, inner in held.items():
                yield from _descriptions(inner, (*names, name))
        elif key in HOLDS_LIST and isinstance(held, list):
            for inner in held:
                yield from _descriptions(inner, names)
        elif key in HOLDS_ONE:
            yield from _descriptions(held, names)


def _name_of(block: Block) -> str:
    return tool_name(tool_of(block.content) or {})


def _within(room: int, asked: Sequence[Block]) -> Iterator[Block]:
    # What is told of a tool is shorter than the tool, with the line above it.
    for block in asked:
        if block.tokens <= room:
            room -= block.tokens
            yield block


def _question_at(prompt: Prompt) -> int | None:
    """Where the newest message of the user begins to ask."""
    asking = [
        at
        for at, block in enumerate(prompt.blocks)
        if block.is_users_prose and block.verbatim and not block.frozen and block.slot is not None
    ]
    newest = prompt.blocks[asking[-1]].message if asking else None
    return next((at for at in asking if prompt.blocks[at].message == newest), None)
