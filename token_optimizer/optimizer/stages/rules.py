"""The rules bound to a prompt and a config: every stage has the one signature `(prompt, context) -> prompt`.

A stage decides which blocks its rule may see. It never changes a verbatim block, keeps ids, and may set
`Block.note`, which becomes the reason in the trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import is_

from token_optimizer.models import Block, BlockType, Kind, Passage, Prompt
from token_optimizer.optimizer.code.passages import code_passages
from token_optimizer.optimizer.context import Context
from token_optimizer.optimizer.conversation.dropped_turns import droppable_turns, without_turns
from token_optimizer.optimizer.conversation.newest_turns import keep_last_n_turns
from token_optimizer.optimizer.conversation.restoring import restore_asked
from token_optimizer.optimizer.formats.dialects import MESSAGE_TOKENS
from token_optimizer.optimizer.json.omissions import keep_json_passages
from token_optimizer.optimizer.json.passages import json_passages
from token_optimizer.optimizer.json.toon import compress_json_toon
from token_optimizer.optimizer.latency import MEANING
from token_optimizer.optimizer.logs.passages import keep_log_lines, log_passages
from token_optimizer.optimizer.logs.trimming import trim_logs
from token_optimizer.optimizer.prose.copies import references_to_copies
from token_optimizer.optimizer.prose.junk import remove_junk
from token_optimizer.optimizer.prose.passages import (
    document_passages,
    example_passages,
    prose_passages,
    spoken_passages,
)
from token_optimizer.optimizer.prose.repeats import collapse_repeats
from token_optimizer.optimizer.prose.whitespace import squeeze_whitespace, strip_escapes
from token_optimizer.optimizer.relevance.query_meaning import meaning_of
from token_optimizer.optimizer.relevance.salience import is_agents_run
from token_optimizer.optimizer.selection.cutting import Cutter
from token_optimizer.optimizer.selection.fitting import fit_to_budget
from token_optimizer.optimizer.selection.kept_passages import keep_passages, keep_sentences, was_cut
from token_optimizer.optimizer.tools.relevance import likely_tools
from token_optimizer.optimizer.tools.schemas import (
    SOFT_STEPS,
    STEPS,
    minimize_tool_schemas,
    schemas_by_need,
)

# Where the schemas are a smaller share than this of what has to go, their words are worth more than the room.
_MIN_SCHEMA_SHARE = 0.1
# The newest turns are protected while what has to be sent is at most this share of the hard budget.
_MUST_SHARE = 0.75
_SPACED_KINDS = (Kind.PROSE, Kind.LOG, Kind.DOCUMENT)
_SQUEEZED_KINDS = (*_SPACED_KINDS, Kind.CODE)
_REPEATING_KINDS = (Kind.PROSE, Kind.LOG)
_TOLD_KINDS = (Kind.DOCUMENT, Kind.TRANSCRIPT)
_PROSE = Cutter(prose_passages, keep_sentences, ranked=True, neighbor_weight=0.4)
_LINES = Cutter(code_passages, keep_passages)
_CUTTERS = {
    Kind.LOG: Cutter(log_passages, keep_log_lines),
    Kind.CODE: _LINES,
    Kind.PROSE: _PROSE,
    Kind.DOCUMENT: Cutter(
        document_passages, keep_sentences, ranked=True, neighbor_weight=0.2, synonym_weight=1.0, whole=True
    ),
    Kind.TRANSCRIPT: Cutter(
        spoken_passages,
        keep_sentences,
        ranked=True,
        neighbor_weight=0.4,
        feedback_weight=0.3,
        synonym_weight=1.0,
    ),
    Kind.EXAMPLES: Cutter(example_passages, keep_passages, ranked=True),
}


def protect_newest_turns(prompt: Prompt, context: Context) -> Prompt:
    """Mark the prose of the last `keep_last_n_turns` turns as must-keep.

    Under a hard budget they are as many as leave room for what the question asks about.
    """
    blocks = list(prompt.blocks)
    turns = context.config.keep_last_n_turns
    protected = keep_last_n_turns(blocks, turns)
    while turns > 0 and context.budget_tokens is not None:
        if _must_tokens(protected) <= _MUST_SHARE * context.budget_tokens:
            break
        turns -= 1
        protected = keep_last_n_turns(blocks, turns)
    return _with(prompt, protected)


def restore_what_is_asked(prompt: Prompt, context: Context) -> Prompt:
    """Put what the newest question asks for, and earlier turns left out, before the question."""
    return restore_asked(prompt, context, choose_passages)


def drop_junk(prompt: Prompt, context: Context) -> Prompt:
    """Drop older assistant messages that say nothing."""
    return _with(prompt, remove_junk(list(prompt.blocks), context.config.junk_regexes))


def squeeze(prompt: Prompt, context: Context) -> Prompt:
    """Take out whitespace that no reader needs, and say once what stands many times in a row."""

    def squeezed(text: str, block: Block) -> str:
        if block.kind is Kind.CODE:
            return strip_escapes(text)
        if block.kind in _SPACED_KINDS:
            text = squeeze_whitespace(text)
        if block.kind in _REPEATING_KINDS:
            text = collapse_repeats(text)
        # Space at the end of the last line is spare where a line end stands behind it.
        ends_line = block.kind in _SPACED_KINDS and block.content.endswith("\n")
        return text.rstrip(" \t") if ends_line else text

    return _rewritten(prompt, squeezed, lambda block: block.kind in _SQUEEZED_KINDS)


def refer_to_copies(prompt: Prompt, context: Context) -> Prompt:
    """Put references in the place of what stands in another block too."""
    copies = references_to_copies(prompt.blocks, context.config.dedupe_window)
    if not copies:
        return prompt
    blocks = [
        block.but(content=copies[block.id].text, note=copies[block.id].note) if block.id in copies else block
        for block in prompt.blocks
    ]
    return _with(prompt, blocks)


def shorten_tool_schemas(prompt: Prompt, context: Context) -> Prompt:
    """Shorten tool definitions to what a valid call needs, and drop tools outside the allowlist.

    Over the hard budget or the soft target the descriptions go further, those that the conversation is not
    likely to need first; the soft target leaves every tool described where nothing says which are needed.
    """
    config = context.config
    if not config.enable_tools:
        return prompt
    schemas = [block for block in prompt.blocks if block.kind is Kind.SCHEMA]
    if not schemas:
        return prompt
    short = minimize_tool_schemas(schemas, config.tool_allowlist, config.tool_descriptions)
    shortened = counted(_with_schemas(prompt, short), prompt, context)
    likely = likely_tools([block.content for block in short], _first_question(prompt))
    soft_steps = SOFT_STEPS if likely and _above_soft_target(shortened, schemas, context) else 0
    for step in range(STEPS):
        if step >= soft_steps and not _worth_a_step(shortened, step, context):
            break
        shortened = counted(_with_schemas(prompt, schemas_by_need(short, likely, step)), prompt, context)
    return shortened


def compact_json_texts(prompt: Prompt, context: Context) -> Prompt:
    """Write JSON as TOON or without its whitespace, whichever counts fewer tokens.

    An assistant's own JSON stays, since the model takes the form of its next answer from it.
    """

    def eligible(block: Block) -> bool:
        return block.type is not BlockType.ASSISTANT and block.kind in (Kind.JSON, Kind.PROSE)

    short = _rewritten(prompt, lambda text, block: compress_json_toon(text), eligible)
    for old, new in zip(prompt.blocks, short.blocks, strict=True):
        if new is not old and old.kind is Kind.JSON:
            # What is cut later is cut as JSON.
            new.original_content = old.content
    return short


def trim_long_logs(prompt: Prompt, context: Context) -> Prompt:
    """Cut logs above `tool_result_tokens` to their errors, their tail and what the query asks for.

    While the prompt is larger than the soft target, such a log is cut further, to the target's share of its
    own size at least. Over the hard budget logs are left to the choice among all passages, which knows what
    else there is.
    """
    config = context.config
    if context.tokens_over(prompt) > 0:
        return prompt
    windows = (config.log_error_window_lines, config.log_tail_lines)
    trimmed = _rewritten(
        prompt,
        lambda text, block: trim_logs(text, *windows, prompt.query),
        lambda block: _is_long_log(block, context),
    )
    trimmed = counted(trimmed, prompt, context)
    if not context.misses_target(trimmed):
        return trimmed
    blocks = [
        _aimed(block, before, prompt, context) if _is_long_log(before, context) else block
        for block, before in zip(trimmed.blocks, prompt.blocks, strict=True)
    ]
    return _with(trimmed, blocks)


def _is_long_log(block: Block, context: Context) -> bool:
    """Whether a log is to be cut; one that was cut already is not, or a second run would cut it further."""
    is_long = block.kind is Kind.LOG and block.tokens > context.config.tool_result_tokens
    return is_long and not was_cut(block.content)


def _aimed(block: Block, before: Block, prompt: Prompt, context: Context) -> Block:
    """The log at the target's share of what it was; the passages that are worth most stay."""
    room = int(before.tokens * (1 - (context.config.target_reduction or 0)))
    if block.verbatim or block.tokens <= room:
        return block
    own = replace(context, budget_tokens=room)
    alone = fit_to_budget(replace(prompt, blocks=(before,)), own, lambda log: _CUTTERS.get(log.kind))
    return alone.blocks[0]


def look_into_meaning(prompt: Prompt, context: Context) -> Prompt:
    """Over the hard budget, find out what the question means for the documents, transcripts and old turns
    that compete for it. In an agent's run names say more than prose."""
    if context.tokens_over(prompt) <= 0 or not prompt.query:
        return prompt
    kinds = _TOLD_KINDS if is_agents_run(prompt) else (*_TOLD_KINDS, Kind.PROSE)
    rivals = [
        block
        for block in prompt.blocks
        if block.kind in kinds and block.content and not (block.verbatim or block.must_keep)
    ]
    if not rivals:
        return prompt
    near = any(_CUTTERS[block.kind].synonym_weight for block in rivals)
    tokens = sum(block.tokens for block in rivals)
    context.latency.demand(MEANING, tokens)
    with context.latency.measuring(MEANING, tokens):
        return replace(prompt, meaning=meaning_of(prompt.query, rivals, near=near))


def choose_passages(prompt: Prompt, context: Context) -> Prompt:
    """While the prompt is over its hard budget, leave out the passages of bulk that are worth least."""
    config = context.config
    caps = (config.json_truncate_items, config.json_truncate_chars)
    json_cutter = Cutter(
        lambda text, query: json_passages(text, query, *caps), _keep_json, from_original=True, gapless=True
    )
    cutters = {**_CUTTERS, Kind.JSON: json_cutter}
    return fit_to_budget(prompt, context, lambda block: cutters.get(block.kind))


def drop_oldest_turns(prompt: Prompt, context: Context) -> Prompt:
    """Drop whole turns, oldest first, while the prompt is over its hard budget.

    A turn goes with its tool calls and their results; turns with must-keep text stay. A marker says how
    many messages went and repeats the directives that they held.
    """
    over = context.tokens_over(prompt)
    if over <= 0:
        return prompt
    dropped: set[int] = set()
    for turn, tokens in droppable_turns(prompt).items():
        if over <= 0:
            break
        dropped.add(turn)
        over -= tokens
    return without_turns(prompt, dropped)


def _with(prompt: Prompt, blocks: list[Block]) -> Prompt:
    return replace(prompt, blocks=tuple(blocks))


def _rewritten(
    prompt: Prompt, rewrite: Callable[[str, Block], str], eligible: Callable[[Block], bool]
) -> Prompt:
    """The prompt with the text of every eligible block that may be rewritten passed through `rewrite`, but
    for the line ends around it."""
    changed: dict[int, Block] = {}
    for index, block in enumerate(prompt.blocks):
        if block.verbatim or block.slot is None or not block.content or not eligible(block):
            continue
        core = block.content.strip("\n")
        text = rewrite(core, block) if core else block.content
        if core and text != core:
            changed[index] = block.but(content=block.content.replace(core, text, 1))
    if not changed:
        return prompt
    return _with(prompt, [changed.get(index, block) for index, block in enumerate(prompt.blocks)])


def _keep_json(text: str, passages: Sequence[Passage], kept: frozenset[int]) -> str:
    return keep_json_passages(text, passages, kept, compress_json_toon)


def _with_schemas(prompt: Prompt, schemas: list[Block]) -> Prompt:
    by_id = {block.id: block for block in schemas}
    blocks = [by_id.get(block.id, block) for block in prompt.blocks]
    return _with(prompt, [block for block in blocks if block.kind is not Kind.SCHEMA or block.id in by_id])


def _above_soft_target(prompt: Prompt, schemas: list[Block], context: Context) -> bool:
    """Whether the schemas are above their share of the soft target; full descriptions have none."""
    config = context.config
    if config.target_reduction is None or config.tool_descriptions == "full":
        return False
    return _schema_tokens(prompt) > (1 - config.target_reduction) * sum(block.tokens for block in schemas)


def _worth_a_step(prompt: Prompt, step: int, context: Context) -> bool:
    """Whether the prompt is over its hard budget, and shorter schemas would be felt in that."""
    over = context.tokens_over(prompt)
    return over > 0 and (step < SOFT_STEPS or _schema_tokens(prompt) > _MIN_SCHEMA_SHARE * over)


def _schema_tokens(prompt: Prompt) -> int:
    return sum(block.tokens for block in prompt.blocks if block.kind is Kind.SCHEMA)


def _first_question(prompt: Prompt) -> str:
    """The prose of the conversation's first user message: it stays the same on all later turns."""
    prose = [
        block
        for block in prompt.blocks
        if block.type is BlockType.USER and block.kind is Kind.PROSE and not block.tool_result
    ]
    first = prose[0].metadata.get("message") if prose else None
    return "\n".join(block.content for block in prose if block.metadata.get("message") == first)


def _must_tokens(blocks: list[Block]) -> int:
    """What has to be sent: must-keep and verbatim text, and the tools at the half that shortening leaves."""
    schemas = sum(block.tokens for block in blocks if block.kind is Kind.SCHEMA)
    must = [
        block for block in blocks if (block.must_keep or block.verbatim) and block.kind is not Kind.FRAMING
    ]
    frames = MESSAGE_TOKENS * len({block.metadata.get("message") for block in must})
    return schemas // 2 + frames + sum(block.tokens for block in must)


def same_blocks(before: Prompt, after: Prompt) -> bool:
    """Whether nothing was done to any block: on a frozen prefix most stages find nothing to do."""
    if before is after:
        return True
    if before.meaning is not after.meaning or before.lacks_room != after.lacks_room:
        return False
    if before.faithfulness is not after.faithfulness:
        return False
    if len(before.blocks) != len(after.blocks) or before.gone_messages != after.gone_messages:
        return False
    return all(map(is_, before.blocks, after.blocks))


def from_first_change(before: Prompt, after: Prompt) -> tuple[Prompt, Prompt]:
    """Both prompts from the first block on that differs: what stands before it need not be looked at."""
    same = list(map(is_, before.blocks, after.blocks))
    first = same.index(False) if False in same else len(same)
    return replace(before, blocks=before.blocks[first:]), replace(after, blocks=after.blocks[first:])


def counted(after: Prompt, before: Prompt, context: Context) -> Prompt:
    """The prompt with the tokens of its changed blocks counted; a block that grew goes back as it was."""
    if same_blocks(before, after):
        return after
    old_rest, rest = from_first_change(before, after)
    known = {block.id: block for block in old_rest.blocks}
    first = len(after.blocks) - len(rest.blocks)
    changed = [
        index
        for index, block in enumerate(rest.blocks, first)
        if block.id not in known or block.content != known[block.id].content
    ]
    if not changed:
        return after
    blocks = list(after.blocks)
    counts = context.count([blocks[index].content for index in changed])
    for index, tokens in zip(changed, counts, strict=True):
        old = known.get(blocks[index].id)
        grew = old is not None and tokens >= old.tokens
        blocks[index] = old if old is not None and grew else blocks[index].but(tokens=tokens)
    return _with(after, blocks)
