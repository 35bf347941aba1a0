"""What a stage is, and how every stage puts changed blocks into a prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import is_

from token_optimizer.models import Block, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import with_text


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the pipeline: `reason` says what it does to a block, in the words of the trace;
    after a `lossy` one some of a rewritten block is gone.

    `run` decides which blocks its rule may see. It never changes a verbatim block, keeps ids, and may give a
    block a `note`, which follows the reason in the trace.
    """

    name: str
    run: Callable[[Prompt, Context], Prompt]
    reason: str
    lossy: bool = False


def with_blocks(prompt: Prompt, blocks: Sequence[Block]) -> Prompt:
    """The prompt with these blocks in the place of its own."""
    return prompt.but(blocks=tuple(blocks))


def rewritten(
    prompt: Prompt, rewrite: Callable[[str, Block], MarkedText], eligible: Callable[[Block], bool]
) -> Prompt:
    """The prompt with the text of every eligible block that may be rewritten passed through `rewrite`, but
    for the line ends around it. A text in which markers would be altered stays."""
    changed: dict[int, Block] = {}
    for index, block in enumerate(prompt.rest, len(prompt.prefix.sent)):
        if block.verbatim or block.slot is None or not block.content or not eligible(block):
            continue
        core = block.content.strip("\n")
        shorter = rewrite(core, block)
        if core and shorter.text != core:
            changed[index] = _with_core(block, shorter)
    if not changed:
        return prompt
    blocks = list(prompt.blocks)
    for index, block in changed.items():
        blocks[index] = block
    return with_blocks(prompt, blocks)


def _with_core(block: Block, shorter: MarkedText) -> Block:
    """The block with this between the line ends around it; as it was where markers would be altered."""
    text = MarkedText.of(block)
    start, end = text.stripped_span("\n")
    marked = shorter.with_markers_of(text.part(start, end))
    if marked is None:
        return block
    return with_text(block, joined([text.text[:start], marked, text.text[end:]]))


def same_blocks(before: Prompt, after: Prompt) -> bool:
    """Whether nothing was done to any block: on a frozen prefix most stages find nothing to do."""
    if before is after:
        return True
    if before.meaning is not after.meaning or before.lacks_room != after.lacks_room:
        return False
    if before.faithfulness is not after.faithfulness or before.worths is not after.worths:
        return False
    if len(before.blocks) != len(after.blocks) or before.gone_messages != after.gone_messages:
        return False
    return all(map(is_, *_behind_prefix(before, after)))


def from_first_change(before: Prompt, after: Prompt) -> tuple[Sequence[Block], Sequence[Block]]:
    """The blocks of both from the first one on that differs: what stands before it need not be looked at."""
    old, new = _behind_prefix(before, after)
    same = list(map(is_, old, new))
    first = same.index(False) if False in same else len(same)
    return old[first:], new[first:]


def _behind_prefix(before: Prompt, after: Prompt) -> tuple[Sequence[Block], Sequence[Block]]:
    """The blocks of both but for those of the prefix that they have in common."""
    is_common = before.prefix is after.prefix
    return (before.rest, after.rest) if is_common else (before.blocks, after.blocks)


def counted(after: Prompt, before: Prompt, context: Context) -> Prompt:
    """The prompt with the tokens of its changed blocks counted; a block that grew goes back as it was."""
    if same_blocks(before, after):
        return after
    old_rest, rest = from_first_change(before, after)
    known = {block.id: block for block in old_rest}
    first = len(after.blocks) - len(rest)
    changed = [
        index
        for index, block in enumerate(rest, first)
        if (old := known.get(block.id)) is not block and (old is None or block.content != old.content)
    ]
    if not changed:
        return after
    blocks = list(after.blocks)
    counts = context.count([blocks[index].text for index in changed])
    for index, tokens in zip(changed, counts, strict=True):
        old = known.get(blocks[index].id)
        if old is not None and tokens >= old.tokens:
            blocks[index] = old
        elif tokens != blocks[index].tokens:
            blocks[index] = blocks[index].but(tokens=tokens)
    return with_blocks(after, blocks)
