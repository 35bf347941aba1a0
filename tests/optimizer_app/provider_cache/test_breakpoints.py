"""Where breakpoints are put in a body of Anthropic's, and in which order of lifetimes."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from optimizer_app.provider_cache.breakpoints import Place, longest_first, turn_ends, with_breakpoints
from optimizer_app.provider_cache.lifetimes import Lifetime

MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
ALL = dict.fromkeys(Place, Lifetime.MINUTES)
THINKING = {"type": "thinking", "thinking": "Well.", "signature": "x"}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "done"}


def body(**changes: Any) -> dict[str, Any]:
    return {
        "tools": [{"name": "a"}, {"name": "b"}, {"name": "c", "defer_loading": True}],
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "Go."},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "a", "input": {}}]},
            {"role": "user", "content": [RESULT, {"type": "text", "text": "  "}]},
        ],
        **changes,
    }


def test_all_four() -> None:
    original = body()
    before = copy.deepcopy(original)
    marked = with_breakpoints(original, ALL)

    assert marked["tools"] == [{"name": "a"}, {"name": "b", "cache_control": MARK}, original["tools"][2]]
    assert marked["system"] == [{"type": "text", "text": "Be brief.", "cache_control": MARK}]
    first, _, newest = marked["messages"]
    assert first["content"] == [{"type": "text", "text": "Go.", "cache_control": MARK}]
    # An empty text must not be marked.
    assert newest["content"] == [{**RESULT, "cache_control": MARK}, {"type": "text", "text": "  "}]
    assert original == before


def test_places_that_are_not_there_stay_away() -> None:
    bare = {"messages": [{"role": "user", "content": [THINKING]}]}

    assert with_breakpoints(bare, ALL) == bare


def test_an_answer_that_was_begun_stays_unmarked() -> None:
    messages = [{"role": "user", "content": "Go."}, {"role": "assistant", "content": "{"}]
    marked = with_breakpoints({"messages": messages}, ALL)["messages"]

    assert "cache_control" in str(marked[0])
    assert marked[1] == messages[1]


def test_several_messages_of_the_user_are_one_turn() -> None:
    roles = ["user", "assistant", "user", "user", "assistant", "user", "user"]
    assert turn_ends([{"role": role} for role in roles]) == {Place.NEWEST_TURN: 6, Place.TURN_BEFORE: 3}


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (("5m", "1h", "5m"), ("1h", "1h", "5m")),
        (("1h", "5m", "5m"), ("1h", "5m", "5m")),
        (("5m", "5m", "1h"), ("1h", "1h", "1h")),
    ],
)
def test_longer_lifetimes_come_first(wanted: tuple[str, ...], sent: tuple[str, ...]) -> None:
    places = (Place.TOOLS, Place.SYSTEM, Place.NEWEST_TURN)
    ordered = longest_first(dict(zip(places, map(Lifetime, wanted), strict=True)))

    assert list(ordered) == list(places)
    assert tuple(ordered.values()) == sent


def test_an_hour_is_said() -> None:
    assert with_breakpoints(body(), {Place.SYSTEM: Lifetime.HOUR})["system"][0]["cache_control"] == HOUR
