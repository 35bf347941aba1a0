"""Takes out whitespace that no reader needs, and says once what stands many times in a row.

JSON, transcripts and examples stay as they are. Code loses the colour codes of a terminal, the states of a
line that was drawn over itself, and the padding of line numbers. Text of files that may be edited, and
whatever a question wants as it stands, stays to the byte.

Before: "done   \\n\\n\\n\\n\\nretrying\\nretrying\\nretrying\\nretrying"
After:  "done\\n\\nretrying [this line 4 times]"
"""

from __future__ import annotations

from token_optimizer.models import Block, Kind, Prompt
from token_optimizer.optimizer.code.numbering import without_padding
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, rewritten
from token_optimizer.optimizer.formats.file_reads import asks_for_exact_text
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.prose.redraws import last_states
from token_optimizer.optimizer.prose.repeats import collapsed, may_repeat_phrases
from token_optimizer.optimizer.prose.whitespace import squeeze_whitespace, strip_escapes
from token_optimizer.text.cache import TextCache, keyed

_SPACED_KINDS = (Kind.PROSE, Kind.LOG, Kind.DOCUMENT)
_SQUEEZED_KINDS = (*_SPACED_KINDS, Kind.CODE)
_REPEATING_KINDS = (Kind.PROSE, Kind.LOG)
# The texts that have nothing spare: what else is asked of the same material brings them again.
_PLAIN: TextCache[bool] = TextCache(50_000)


def squeeze(prompt: Prompt, context: Context) -> Prompt:
    """Squeeze the whitespace and the repeats of every block whose kind allows it."""
    if asks_for_exact_text(prompt.query or ""):
        return prompt
    phraseless = _phraseless(prompt)
    return rewritten(
        prompt,
        lambda text, block: _squeezed(text, block, is_phraseless=block.id in phraseless),
        lambda block: (
            _may_be_squeezed(block) and not (block.id in phraseless and _is_plain_line(block.content))
        ),
    )


def _phraseless(prompt: Prompt) -> frozenset[str]:
    """The ids of the blocks of prose that repeat no phrase as they stand, told of all of them at once."""
    told = [block for block in prompt.open_blocks if block.kind is Kind.PROSE and _may_be_squeezed(block)]
    are_repeating = may_repeat_phrases([block.content for block in told])
    return frozenset(
        block.id for block, is_repeating in zip(told, are_repeating, strict=True) if not is_repeating
    )


def _may_be_squeezed(block: Block) -> bool:
    return block.kind in _SQUEEZED_KINDS and not block.exact


def _is_plain_line(text: str) -> bool:
    """Whether the text is one line, without what moves a terminal's cursor: none of its space is spare."""
    return "\n" not in text and "\r" not in text and "\x1b" not in text


def _squeezed(text: str, block: Block, *, is_phraseless: bool) -> MarkedText:
    key = keyed(hash((text, block.kind, block.content.endswith("\n"))), len(text))
    if _PLAIN.get(key):
        return MarkedText(text)
    shorter = _without_spare_space(text, block, is_phraseless=is_phraseless)
    if shorter.text == text:
        _PLAIN.put(key, True)
    return shorter


def _without_spare_space(text: str, block: Block, *, is_phraseless: bool) -> MarkedText:
    shorter = last_states(strip_escapes(text))
    if block.kind is Kind.CODE:
        return MarkedText(without_padding(shorter))
    shorter = squeeze_whitespace(shorter)
    # Space at the end of the last line is spare where a line end stands behind it.
    if block.content.endswith("\n"):
        shorter = shorter.rstrip(" \t")
    if block.kind not in _REPEATING_KINDS:
        return MarkedText(shorter)
    # What stood apart may stand side by side now.
    return collapsed(shorter, only_lines=is_phraseless and shorter == text)


STAGE = Stage("whitespace", squeeze, "spare whitespace and repeats taken out")
