"""WhyNot: the reasons for which a request was not made smaller."""

from __future__ import annotations

from enum import StrEnum


class WhyNot(StrEnum):
    """One reason a request. Sums are kept by their order: new ones go to the end."""

    TOO_SHORT = "too_short"  # what may be cut is not worth a marker
    ALL_FROZEN = "all_frozen"  # all of it was sent before, and stands as it was sent
    CACHED = "cached"  # the same request was sent before, and went as it did then
    INSTRUCTIONS_ONLY = "instructions_only"  # what is new is instructions and the question
    CODE_ONLY = "code_only"  # what is new is code, calls, definitions, media
    QUESTION_UNCLEAR = "question_unclear"  # no question says what is needed
    QUESTION_UNMATCHED = "question_unmatched"  # no text has a word of the question
    NEWEST_TURNS = "newest_turns"  # what is new stands in the newest turns, which stay
    SHORT_RESULTS = "short_results"  # its tool results are below the size from which they are cut
    AGENT_AT_WORK = "agent_at_work"  # what an agent needs next is named by nobody yet
    ALL_NEEDED = "all_needed"  # every passage is worth the floor of its kind
    UNFAITHFUL = "unfaithful"  # each compression was below the threshold
    NO_TARGET = "no_target"  # nothing is spare, and the config cuts no further than that
    OVER_TIME = "over_time"  # what would have cut it does not fit into the latency budget
    UNAVAILABLE = "unavailable"  # what a stage needs is not installed or still loads
    ADDED = "added"  # more was added to it than cut from it
    NOTHING_REDUNDANT = "nothing_redundant"  # every rule looked, and none found anything
    BYPASSED = "bypassed"  # the caller switched the optimizer off
    HELD_OUT = "held_out"  # its conversation is one of those that go through untouched
    UNWRITABLE = "unwritable"  # the body reads, but could not be written again as it was
    FAILED = "failed"  # a stage, a check or the optimizer failed, and the original went on
    ENDED_EARLY = "ended_early"  # it was refused, or its client left, before the optimizer
