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
from token_optimizer.optimizer.prose.repeats import collapsed
from token_optimizer.optimizer.prose.whitespace import squeeze_whitespace, strip_escapes

_SPACED_KINDS = (Kind.PROSE, Kind.LOG, Kind.DOCUMENT)
_SQUEEZED_KINDS = (*_SPACED_KINDS, Kind.CODE)
_REPEATING_KINDS = (Kind.PROSE, Kind.LOG)


def squeeze(prompt: Prompt, context: Context) -> Prompt:
    """Squeeze the whitespace and the repeats of every block whose kind allows it."""
    if asks_for_exact_text(prompt.query or ""):
        return prompt
    return rewritten(prompt, _squeezed, _may_be_squeezed)


def _may_be_squeezed(block: Block) -> bool:
    return block.kind in _SQUEEZED_KINDS and not block.exact


def _squeezed(text: str, block: Block) -> MarkedText:
    text = last_states(strip_escapes(text))
    if block.kind is Kind.CODE:
        return MarkedText(without_padding(text))
    text = squeeze_whitespace(text)
    # Space at the end of the last line is spare where a line end stands behind it.
    if block.content.endswith("\n"):
        text = text.rstrip(" \t")
    return collapsed(text) if block.kind in _REPEATING_KINDS else MarkedText(text)


STAGE = Stage("whitespace", squeeze, "spare whitespace and repeats taken out")
