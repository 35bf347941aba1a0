"""The rules: plain functions, one file each, that `pipeline.py` binds to the config.

A rule is pure and deterministic, keeps the ids of blocks, changes no block in place, and costs time linear
in its input. A rule never imports another rule.
"""

from token_optimizer.optimizer.conversation.turns.newest_turns import keep_last_n_turns
from token_optimizer.optimizer.json.toon import compress_json_toon
from token_optimizer.optimizer.logs.trimming import trim_logs
from token_optimizer.optimizer.prose.copies import references_to_copies
from token_optimizer.optimizer.prose.deduplicate import deduplicate
from token_optimizer.optimizer.prose.directives import extract_constraints
from token_optimizer.optimizer.prose.junk import remove_junk
from token_optimizer.optimizer.prose.repeats import collapse_repeats
from token_optimizer.optimizer.prose.whitespace import squeeze_whitespace
from token_optimizer.optimizer.tools.schemas import minimize_tool_schemas

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
