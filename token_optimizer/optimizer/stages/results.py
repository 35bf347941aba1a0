"""Leaves out of a long tool result the lines that the agent is not after, when the result first comes.

It runs where an agent is at work and the config has a soft target. Results up to `tool_result_tokens` stay
whole, and so do lines: a line that is kept is as it was.

Before: "I look for where the retries are counted.", a call that reads queue.py, and its 900 lines
After:  the lines of queue.py that say something of retries or of the task, signatures, and markers
"""

from __future__ import annotations

from token_optimizer.optimizer.contract.stage import Stage
from token_optimizer.optimizer.selection.cutters import cut_new_tool_results

STAGE = Stage("results", cut_new_tool_results, "lines that the agent is not after cut", lossy=True)
