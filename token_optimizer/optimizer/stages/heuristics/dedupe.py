"""Puts references in the place of what stands in another block too.

Nothing is lost: what a reference names stands in the prompt line for line. Calls, schemas and short texts
are not looked at, and verbatim blocks are only referred to.

Before: a file of 40 lines read by a tool in message 3, and read again in message 9
After:  message 3 says that these 40 lines stand in message 9, which has them
"""

from __future__ import annotations

from collections.abc import Sequence

from token_optimizer.models import Aggregate, Block, Kind, Prompt
from token_optimizer.optimizer.code.sparse_numbers import with_all_numbers, with_sparse_numbers
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, with_blocks
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.markers import with_text
from token_optimizer.optimizer.prose.copies import references_to_copies
from token_optimizer.optimizer.prose.quoted_mail import may_be_quoted, refer_to_quoted

_MAY_QUOTE = frozenset({Kind.DOCUMENT, Kind.PROSE, Kind.TRANSCRIPT})


def refer_to_copies(prompt: Prompt, context: Context) -> Prompt:
    """Write a reference into every block that repeats another one within `dedupe_window` blocks."""
    roles = [slot.role for slot in prompt.slots]
    full = [*prompt.prefix.sent, *map(_with_all_numbers, prompt.rest)]
    as_read = _json_as_read(prompt, context)
    config = context.config
    copies = references_to_copies(
        full, config.dedupe_window, roles, as_read, prompt.prefix, config.directive_keywords
    )
    quoted = {block.id: text for block in prompt.rest if (text := _without_quoted_copies(block))}
    if not (copies or quoted):
        return prompt
    blocks = list(prompt.blocks)
    for at, block in enumerate(blocks):
        if copy := copies.get(block.id):
            text = copy.text if full[at] is block else with_sparse_numbers(copy.text)
            blocks[at] = with_text(block.but(note=copy.note), text, context.show_handles)
        elif quoted_text := quoted.get(block.id):
            note = "mail that is quoted stands without marks, too"
            blocks[at] = with_text(block.but(note=note), quoted_text, context.show_handles)
    return with_blocks(prompt, blocks)


def _without_quoted_copies(block: Block) -> MarkedText | None:
    """The text without quoted mail that it has without marks, too; None where it has none such."""
    if block.verbatim or block.exact or block.kind not in _MAY_QUOTE or not may_be_quoted(block.content):
        return None
    text = refer_to_quoted(MarkedText.of(block), block.id)
    return text if len(text.text) < len(block.content) else None


def _with_all_numbers(block: Block) -> Block:
    """An open tool result as it was before line numbers were left out."""
    if block.verbatim or not block.tool_result:
        return block
    return with_text(block, with_all_numbers(MarkedText.of(block)))


def _json_as_read(prompt: Prompt, context: Context) -> dict[str, str]:
    """The JSON of earlier turns, as it came, by id: it was sent whole, and in another form."""
    if context.original is None or not any(
        block.kind is Kind.JSON and not block.frozen for block in prompt.rest
    ):
        return {}
    came = context.original.blocks[len(prompt.prefix.came) :]
    return _with_json_as_read(prompt.prefix.value(_JSON_AS_READ), came, prompt.rest)


def _with_json_as_read(known: dict[str, str], came: Sequence[Block], sent: Sequence[Block]) -> dict[str, str]:
    """What is known, with the JSON among further blocks that was sent whole in another form."""
    frozen = {block.id: block for block in sent if block.kind is Kind.JSON and block.frozen}
    if not frozen:
        return known
    return known | {
        block.id: block.content
        for block in came
        if (now := frozen.get(block.id)) and not now.markers and now.content != block.content
    }


_JSON_AS_READ: Aggregate[dict[str, str]] = Aggregate("json as read", {}, _with_json_as_read)


STAGE = Stage("dedupe", refer_to_copies, "stands elsewhere too")
