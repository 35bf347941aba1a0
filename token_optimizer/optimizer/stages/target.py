"""While the prompt is larger than its soft target, leaves out the passages that are likely not needed.

The worth of each passage is that of the choice for a hard budget, and those that are worth as much as the
floor of their kind stay. Where the question asks for nothing in particular, or an agent is at work, nothing
goes.

Before: ten documents of 400 tokens, and a question that the second one answers
After:  the second one, the passages of the others that speak of the same, and markers
"""

from __future__ import annotations

from token_optimizer.optimizer.contract.stage import Stage
from token_optimizer.optimizer.selection.cutters import cut_to_soft_target

STAGE = Stage("target", cut_to_soft_target, "passages that the question does not need cut", lossy=True)
