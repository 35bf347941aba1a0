"""Shortens tool definitions, and drops tools outside the allowlist: every rule of a description stays.

Names, types, required fields, enums and examples stay in any case, and a parameter that several tools take is
described once. Above the soft target the tools that the conversation is not likely to need keep their rules
alone; the target leaves every tool described where nothing says which are needed. Over the hard budget
descriptions go further, the least likely tools first, each with a marker. Of many tools those that the
conversation's start makes clearly unlikely are left to be read back, where the model can do that. Where the
same tools went with another conversation, they go as they did there, as far as a budget allows. With
`tool_descriptions` "full" nothing is shortened, and a tool that is forced stays as it is. Over a hard budget
the tools that a system text describes lose what states no rule, too, and then, with a marker, all but what
each does.

Before: {"name": "add", "description": "Adds. Max 9. Max 9 digits.", "input_schema": {"title": "Add", ...}}
After:  {"name":"add","description":"Adds. Max 9 digits.","input_schema":{...}}
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from token_optimizer.models import Block, Kind, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, counted, with_blocks
from token_optimizer.optimizer.markers import with_text
from token_optimizer.optimizer.tools.need.decided import (
    DecidedTools,
    decided_key,
    known_decision,
    note_decision,
)
from token_optimizer.optimizer.tools.need.deferral import DEFERRED, deferred_tools, first_question
from token_optimizer.optimizer.tools.need.relevance import ToolRelevance
from token_optimizer.optimizer.tools.need.shared import as_shared, may_be_shared, with_needed
from token_optimizer.optimizer.tools.repeats import described_once
from token_optimizer.optimizer.tools.schemas import minimize_tool_schemas
from token_optimizer.optimizer.tools.steps import DEFERRAL, SOFT_STEPS, STEPS, Need, schemas_by_need
from token_optimizer.optimizer.tools.tools_in_text import with_first_sentences, with_rules_alone

# Where the schemas are a smaller share than this of what has to go, their words are worth more than the room.
_MIN_SCHEMA_SHARE = 0.1


def shorten_tools(prompt: Prompt, context: Context) -> Prompt:
    """Shorten the schemas, and the tools that a system text describes, as far as budget and target ask."""
    if not context.config.enable_tools:
        return prompt
    shortened = _with_short_schemas(prompt, context)
    return _with_short_tool_texts(shortened, context)


def _with_short_tool_texts(prompt: Prompt, context: Context) -> Prompt:
    """Less of the tools that a system text describes, while the prompt is over its hard budget and that would
    be felt: first their rules alone, then what each does, with a marker."""
    if context.config.tool_descriptions == "full":
        return prompt
    for shorten in (with_rules_alone, with_first_sentences):
        told = sum(block.tokens for block in prompt.rest if _is_told(block))
        over = context.tokens_over(prompt)
        if over <= 0 or told <= _MIN_SCHEMA_SHARE * over:
            break
        blocks = [
            with_text(block, shorten(block.content), context.show_handles) if _is_told(block) else block
            for block in prompt.blocks
        ]
        prompt = counted(with_blocks(prompt, blocks), prompt, context)
    return prompt


def _is_told(block: Block) -> bool:
    return block.kind is Kind.TOOL_TEXT and not block.frozen


def _with_short_schemas(prompt: Prompt, context: Context) -> Prompt:
    """The schemas shortened step by step."""
    schemas = [block for block in prompt.rest if block.kind is Kind.SCHEMA]
    # Those that were sent before stand as they were sent.
    if all(block.frozen for block in schemas):
        return prompt
    decided = _by_question(prompt, schemas, context)
    own = _with_schemas(prompt, decided.own)
    relevance, whole = decided.relevance, decided.short
    if relevance is None or not may_be_shared(schemas, context.tools_before):
        return own
    shared = counted(_with_schemas(prompt, as_shared(schemas, context.tools_before)), prompt, context)
    likely = [whole[index].id for index in relevance.ranked]
    room = prompt.tokens - shared.tokens
    shared = counted(with_needed(shared, own.blocks, whole, likely, room), shared, context)
    return own if context.tokens_over(shared) > 0 else shared


def _by_question(prompt: Prompt, schemas: list[Block], context: Context) -> DecidedTools:
    """The tools as the conversation's first question wants them; those of a prompt that fits as they were
    decided before."""
    if context.tokens_over(prompt) > 0:
        return _decided(prompt, schemas, context)
    config, defers = context.config, _defers(context)
    said = (tuple(config.tool_allowlist), config.tool_descriptions, config.target_reduction)
    how = (context.model, said, context.show_handles, defers)
    key = decided_key(schemas, context.original or prompt, how, defers=defers)
    known = known_decision(key, schemas)
    if known is None:
        known = _decided(prompt, schemas, context)
        note_decision(key, schemas, known)
    return known


def _decided(prompt: Prompt, schemas: list[Block], context: Context) -> DecidedTools:
    config = context.config
    short = minimize_tool_schemas(schemas, config.tool_allowlist, config.tool_descriptions)
    shortened = counted(_with_schemas(prompt, short), prompt, context)
    if config.tool_descriptions == "full":
        return DecidedTools(_schemas(shortened), (), None)
    start = context.original or prompt
    short = _schemas(shortened)
    relevance = ToolRelevance([block.content for block in short], first_question(start))
    deferred = deferred_tools(short, start, relevance) if _defers(context) else frozenset()

    def with_schemas(schemas: Sequence[Block]) -> Prompt:
        return counted(_with_schemas(prompt, described_once(_noted(schemas, deferred))), prompt, context)

    need = Need(deferred=deferred)
    shortened = with_schemas(schemas_by_need(short, need, DEFERRAL, show_handles=True))
    is_above = _above_soft_target(shortened, schemas, context)
    if not is_above and context.tokens_over(shortened) <= 0:
        return DecidedTools(_schemas(shortened), short, relevance)
    best, likely = relevance.best, relevance.likely
    need = Need(best, likely - best, relevance.unlikely, deferred)
    soft_steps = SOFT_STEPS if likely and is_above else 0
    for step in range(STEPS):
        if step >= soft_steps and not _worth_a_step(shortened, step, context):
            break
        shortened = with_schemas(schemas_by_need(short, need, step, context.show_handles))
    return DecidedTools(_schemas(shortened), short, relevance)


def _schemas(prompt: Prompt) -> list[Block]:
    return [block for block in prompt.blocks if block.kind is Kind.SCHEMA]


def _defers(context: Context) -> bool:
    return context.show_handles and context.config.tool_deferral == "auto"


def _noted(schemas: Sequence[Block], deferred: Collection[int]) -> list[Block]:
    """The tools, those with a note that were left to be read back."""
    return [
        block.but(note=DEFERRED) if index in deferred and block.markers else block
        for index, block in enumerate(schemas)
    ]


def _with_schemas(prompt: Prompt, schemas: Sequence[Block]) -> Prompt:
    by_id = {block.id: block for block in schemas}
    blocks = [by_id.get(block.id, block) for block in prompt.blocks]
    return with_blocks(
        prompt, [block for block in blocks if block.kind is not Kind.SCHEMA or block.id in by_id]
    )


def _above_soft_target(prompt: Prompt, schemas: Sequence[Block], context: Context) -> bool:
    """Whether the schemas are above their share of the soft target."""
    target = context.config.target_reduction
    if target is None:
        return False
    return _schema_tokens(prompt) > (1 - target) * sum(block.tokens for block in schemas)


def _worth_a_step(prompt: Prompt, step: int, context: Context) -> bool:
    """Whether the prompt is over its hard budget, and shorter schemas would be felt in that."""
    over = context.tokens_over(prompt)
    return over > 0 and (step < SOFT_STEPS or _schema_tokens(prompt) > _MIN_SCHEMA_SHARE * over)


def _schema_tokens(prompt: Prompt) -> int:
    return sum(block.tokens for block in prompt.rest if block.kind is Kind.SCHEMA)


STAGE = Stage("tools", shorten_tools, "tool schema shortened")
