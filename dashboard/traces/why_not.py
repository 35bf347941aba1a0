"""Why a request was not made smaller, in one sentence."""

from __future__ import annotations

from dashboard.numbers.formats import exact
from optimizer_app.models import RequestTrace

# Shorter prompts hold little that could go: markers would cost as much.
_SHORT_TOKENS = 500
_NOT_CUT_BY_RULES = {"code", "call", "opaque", "media", "schema"}
# Stages that leave out what a question does not need; they say why they did not run.
_CHOOSING = ("target", "compress")


def why_not(trace: RequestTrace) -> str:
    """The reason, as a clause; empty where it was made smaller."""
    if trace.route == "bypass" or trace.tokens_saved > 0:
        return "the optimizer was off" if trace.route == "bypass" else ""
    if trace.fallback_used:
        return "the request fell back to the original"
    texts = [block for block in trace.blocks if block.get("kind") != "framing"]
    if texts and all(block.get("frozen") for block in texts):
        return f"all {exact(trace.tokens_before)} tokens frozen, sent before"
    if trace.tokens_before < _SHORT_TOKENS:
        return f"the prompt is short, {exact(trace.tokens_before)} tokens, and repeats nothing"
    new = [block for block in texts if not block.get("frozen")]
    if new and all(block.get("kind") in _NOT_CUT_BY_RULES for block in new):
        return "what is new is code, calls or definitions of tools, which no rule may alter"
    return _said_by_stages(trace) or "no rule found anything that could be left out"


def _said_by_stages(trace: RequestTrace) -> str:
    """What the stages say that did not run."""
    reasons = {
        stage["name"]: stage.get("reason", "") for stage in trace.stages if stage["status"] == "skipped"
    }
    return next((reasons[name] for name in _CHOOSING if reasons.get(name)), "")
