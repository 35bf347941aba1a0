"""The rules: plain functions, one file each, that `pipeline.py` binds to the config.

A rule is pure and deterministic, keeps the ids of blocks, changes no block in place, and costs time linear
in its input. A rule never imports another rule.
"""

from token_optimizer.optimizer.heuristics.constraints import extract_constraints
from token_optimizer.optimizer.heuristics.copies import references_to_copies
from token_optimizer.optimizer.heuristics.dedupe import deduplicate
from token_optimizer.optimizer.heuristics.json_toon import compress_json_toon
from token_optimizer.optimizer.heuristics.junk import remove_junk
from token_optimizer.optimizer.heuristics.logs import trim_logs
from token_optimizer.optimizer.heuristics.repeats import collapse_repeats
from token_optimizer.optimizer.heuristics.tools import minimize_tool_schemas
from token_optimizer.optimizer.heuristics.turns import keep_last_n_turns
from token_optimizer.optimizer.heuristics.whitespace import squeeze_whitespace

__all__ = [
    "collapse_repeats",
    "compress_json_toon",
    "deduplicate",
    "extract_constraints",
    "keep_last_n_turns",
    "minimize_tool_schemas",
    "references_to_copies",
    "remove_junk",
    "squeeze_whitespace",
    "trim_logs",
]
