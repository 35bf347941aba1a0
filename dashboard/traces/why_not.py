"""Why a request was not made smaller, in a sentence, with the config's field that would help."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer_app.models import RequestTrace
from token_optimizer.models import WhyNot


@dataclass(frozen=True, slots=True)
class Reason:
    """`label` is its short name, `clause` ends a sentence; `help` says what would change it, where anything
    would, and `field` is the config's field for that."""

    label: str
    clause: str
    help: str = ""
    field: str = ""


REASONS = {
    WhyNot.TOO_SHORT: Reason(
        "Too short", "what may be cut of it is too short: a marker would cost about as much"
    ),
    WhyNot.ALL_FROZEN: Reason(
        "All sent before",
        "all of it was sent before, and stays as it was for the provider's cache",
    ),
    WhyNot.CACHED: Reason("Same as before", "the same request was sent before, and went as it did then"),
    WhyNot.INSTRUCTIONS_ONLY: Reason(
        "Instructions only", "what is new is instructions and the question, which are never rewritten"
    ),
    WhyNot.CODE_ONLY: Reason(
        "Code only", "what is new is code, calls, definitions of tools or media, which are needed as they are"
    ),
    WhyNot.QUESTION_UNCLEAR: Reason(
        "Question unclear",
        "no question says what of it is needed",
        "End the prompt with a question that names what it is about, or give it as query.",
    ),
    WhyNot.QUESTION_UNMATCHED: Reason("Question's words not found", "no text has a word of the question"),
    WhyNot.NEWEST_TURNS: Reason(
        "Newest turns",
        "what is new stands in the newest turns, whose prose stays",
        "Fewer such turns let more be cut.",
        "keep_last_n_turns",
    ),
    WhyNot.SHORT_RESULTS: Reason(
        "Short tool results",
        "its tool results are below the size from which they are cut",
        "A lower size lets shorter ones be cut.",
        "tool_result_tokens",
    ),
    WhyNot.AGENT_AT_WORK: Reason(
        "Agent at work",
        "an agent is at work, and what it needs next is named by nobody yet",
        "Of new tool results only those above a size are cut.",
        "tool_result_tokens",
    ),
    WhyNot.ALL_NEEDED: Reason(
        "All needed",
        "each passage is likely needed for the question",
        "Higher floors cut more.",
        "floor_factors",
    ),
    WhyNot.UNFAITHFUL: Reason(
        "Not faithful enough",
        "compressed, its texts would have said too little of what they said",
        "A lower threshold takes such compressions.",
        "faithfulness_threshold",
    ),
    WhyNot.NO_TARGET: Reason(
        "No target",
        "nothing in it is spare, and its config cuts no further than that",
        "A target lets what a question does not need be cut.",
        "target_reduction",
    ),
    WhyNot.OVER_TIME: Reason(
        "Over time",
        "what would have cut it did not fit into the latency budget",
        "A longer time lets it run.",
        "max_latency_ms",
    ),
    WhyNot.UNAVAILABLE: Reason("Unavailable", "what a stage needs is not installed, or was still loading"),
    WhyNot.ADDED: Reason("More was added", "more was added to it than cut from it"),
    WhyNot.NOTHING_REDUNDANT: Reason("Nothing redundant", "no rule found anything that could be left out"),
    WhyNot.BYPASSED: Reason(
        "Switched off", "the caller switched the optimizer off", "Leave out the header X-Optimizer-Mode: off."
    ),
    WhyNot.HELD_OUT: Reason(
        "Held out",
        "its conversation is one of those that go through untouched, to compare with",
        "A smaller share holds out fewer.",
        "holdout_share",
    ),
    WhyNot.UNWRITABLE: Reason(
        "Not writable", "its body could not be written again in the form in which its sender needs it"
    ),
    WhyNot.FAILED: Reason("Failed", "a check or a part of the optimizer failed, and the original went on"),
    WhyNot.ENDED_EARLY: Reason("Ended early", "it was refused, or its client left, before the optimizer"),
}


def reason_of(trace: RequestTrace) -> Reason | None:
    """Why it was not made smaller; None where it was, and where nobody noted it."""
    return REASONS[WhyNot(trace.why_not)] if trace.why_not in list(WhyNot) else None


def why_not(trace: RequestTrace) -> str:
    """The reason as a clause; empty where it was made smaller."""
    reason = reason_of(trace)
    return reason.clause if reason else ""
