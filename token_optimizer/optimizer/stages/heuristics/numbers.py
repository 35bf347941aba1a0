"""Leaves out line numbers that can be counted, where a tool numbered the lines that it read.

Every fifth stays, both ends of lines in a row, and those where a part begins: the others can be written
again, with the spaces that set them in a column. It runs where the config has a soft target. All numbers stay
where a tool edits files by them, and where a question asks for a text as it stands.

Before: "8→def size(self):\\n9→    return self._size\\n10→\\n11→def clear(self):\\n12→    self._size = 0"
After:  "8→def size(self):\\n    return self._size\\n10→\\n11→def clear(self):\\n12→    self._size = 0"
"""

from __future__ import annotations

from token_optimizer.models import Block, Kind, Prompt
from token_optimizer.optimizer.code.sparse_numbers import with_sparse_numbers
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, rewritten
from token_optimizer.optimizer.formats.file_reads import asks_for_exact_text, edits_by_line_number
from token_optimizer.optimizer.marked_text import MarkedText

_KINDS = (Kind.CODE, Kind.PROSE, Kind.DOCUMENT)


def leave_out_numbers(prompt: Prompt, context: Context) -> Prompt:
    """The prompt with every fifth line number in what tools returned."""
    if context.config.target_reduction is None or not any(map(_may_be_numbered, prompt.open_blocks)):
        return prompt
    if asks_for_exact_text(prompt.query or ""):
        return prompt
    sparse = rewritten(prompt, _sparse, _may_be_numbered)
    return prompt if sparse is not prompt and edits_by_line_number(prompt.body) else sparse


def _may_be_numbered(block: Block) -> bool:
    return block.tool_result and block.kind in _KINDS and not block.markers


def _sparse(text: str, block: Block) -> MarkedText:
    return with_sparse_numbers(MarkedText(text))


STAGE = Stage("numbers", leave_out_numbers, "line numbers left out that can be counted")
