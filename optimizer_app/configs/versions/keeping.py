"""Which field of a config keeps blocks of a kind that a request lost, and that field set in a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import draft_of, save_draft
from optimizer_app.configs.versions.history import Author
from optimizer_app.models import OptimizationConfig, RequestTrace

_CUT_BY_SIZE = ("log", "json")
_BY_STAGE: dict[str, tuple[str, Any]] = {
    "junk": ("junk_regexes", []),
    "dedupe": ("dedupe_window", 0),
    "retrieval": ("enable_semantic_retrieval", False),
    "compress": ("enable_compression", False),
    "target": ("target_reduction", None),
    "passages": ("max_input_tokens", None),
    "oldest": ("max_input_tokens", None),
}
_LOSSLESS = ("numbers", "whitespace", "json")


@dataclass(frozen=True, slots=True)
class Kept:
    """The field that has to change, and its value then."""

    field: str
    value: Any


class NothingKeeps(Exception):
    """No field of a config would have kept the block; the message says why."""


def kept_by(trace: RequestTrace, block: Mapping[str, Any]) -> Kept:
    """What would have kept the block, by the stage that cut it."""
    stage = block.get("stage", "")
    if stage in _LOSSLESS:
        raise NothingKeeps("Nothing of it is lost: it says the same in fewer tokens.")
    if stage == "tools":
        return _kept_tool(block)
    if stage in ("logs", "results") or (stage == "target" and block.get("kind") in _CUT_BY_SIZE):
        return Kept("tool_result_tokens", block.get("tokens_before", 0))
    if stage not in _BY_STAGE:
        raise NothingKeeps("No rule that a config can turn off cut it.")
    field, value = _BY_STAGE[stage]
    if field == "max_input_tokens" and trace.budget_tokens:
        raise NothingKeeps(f"The request itself asked for at most {trace.budget_tokens:,} tokens.")
    return Kept(field, value)


def keep_in_draft(config: OptimizationConfig, author: Author, kept: Kept) -> None:
    """The author's draft, begun where there is none, with the field set; what it has already stays."""
    values = ConfigValues.of(draft_of(config, author) or config)
    save_draft(
        config, author, ConfigValues.differing(values.preset, {**values.fields, kept.field: kept.value})
    )


def _kept_tool(block: Mapping[str, Any]) -> Kept:
    """Of tools: dropped by the list of those allowed, left to be read back, or shortened."""
    if block.get("fate") == "dropped":
        return Kept("tool_allowlist", ["*"])
    if "read back" in block.get("reason", ""):
        return Kept("tool_deferral", "never")
    return Kept("tool_descriptions", "full")
