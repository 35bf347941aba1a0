"""While the prompt is over its hard budget, leaves out the passages that are worth least.

One choice over logs, JSON, code, documents, transcripts, examples and old turns. Verbatim and must-keep
blocks stay whole, and every gap has a marker. What users said themselves goes last: while it leaves half of
the room to the rest it stays verbatim, behind the marker of its turn where the answers go.

Before: three documents of 400 tokens, 700 tokens over the budget, a question that the second one answers
After:  the second document whole, of the first one passage, of the third a marker
"""

from __future__ import annotations

from token_optimizer.optimizer.contract.stage import Stage
from token_optimizer.optimizer.selection.cutters import cut_to_budget

STAGE = Stage("passages", cut_to_budget, "passages worth least cut to fit the budget", lossy=True)
