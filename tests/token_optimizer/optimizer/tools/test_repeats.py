"""Parameters that several tools take are described once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from token_optimizer import OptimizerConfig, optimize

GUEST = {"type": "string", "description": "Of the guest who stays, as printed on the bill, such as 'G-4711'."}
NIGHTS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "room": {"type": "integer", "description": "On the door, never on the key."},
            "description": {"type": "string", "description": "What the guest wants to eat for breakfast."},
        },
        "required": ["room"],
    },
}


def _tool(name: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {
        "type": "function",
        "function": {"name": name, "description": f"Does {name}.", "parameters": schema},
    }


def _sent(*tools: dict[str, Any], preset: str = "balanced", **fields: Any) -> list[dict[str, Any]]:
    messages = [{"role": "user", "content": "Hello."}]
    _, stats = optimize(messages, tools, config=OptimizerConfig.preset(preset, **fields))
    assert stats.tools is not None
    return [tool["function"]["parameters"]["properties"] for tool in stats.tools]


def test_it_works() -> None:
    book, cancel = _sent(_tool("book", guest=GUEST), _tool("cancel", guest=GUEST))
    assert book["guest"] == GUEST
    assert cancel["guest"] == {"type": "string", "description": "As in book."}


def test_what_stands_within_is_referred_to_with_it() -> None:
    book, change = _sent(_tool("book", nights=NIGHTS), _tool("change", nights=NIGHTS))
    assert book["nights"] == NIGHTS
    assert change["nights"]["description"] == "As in book."
    held = change["nights"]["items"]["properties"]
    assert held == {"room": {"type": "integer"}, "description": {"type": "string"}}
    assert change["nights"]["items"]["required"] == ["room"]


def test_the_first_says_all_that_the_later_one_does() -> None:
    shorter = {**GUEST, "description": "as printed on the bill, such as 'G-4711'."}
    longer = {**GUEST, "description": GUEST["description"] + " Not of the host."}
    one, two, three = _sent(
        *(_tool(f"t{at}", guest=held) for at, held in enumerate([GUEST, shorter, longer]))
    )
    assert (one["guest"], three["guest"]) == (GUEST, longer)
    assert two["guest"]["description"] == "As in t0."


@pytest.mark.parametrize(
    "other",
    [
        {"type": "integer"},
        {"enum": ["a"]},
        {"pattern": "^G-"},
        {"description": "Of the host who lets it."},
    ],
)
def test_another_parameter_of_the_same_name_stays(other: dict[str, Any]) -> None:
    _, cancel = _sent(_tool("book", guest=GUEST), _tool("cancel", guest={**GUEST, **other}))
    assert cancel["guest"] == {**GUEST, **other}


def test_two_side_by_side_that_say_the_same_are_described_once() -> None:
    host = {**GUEST, "default": "G-1"}
    [book] = _sent(_tool("book", guest=GUEST, host=host, number={**GUEST, "type": "integer"}))
    assert book["guest"] == GUEST
    assert book["host"] == {**host, "description": "As guest."}
    assert book["number"]["description"] == GUEST["description"]


def test_no_reference_is_to_one() -> None:
    book, cancel, shift = _sent(
        _tool("book", guest=GUEST, host=GUEST), _tool("cancel", host=GUEST), _tool("shift", host=GUEST)
    )
    assert [held["host"]["description"] for held in (book, cancel, shift)] == [
        "As guest.",
        GUEST["description"],
        "As in cancel.",
    ]


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf", "allOf"])
def test_what_may_stand_in_place_of_it_is_told_once_too(keyword: str) -> None:
    either = {keyword: [{"type": "object", "properties": {"guest": GUEST}}, {"type": "null"}]}
    _, cancel = _sent(_tool("book", who=either), _tool("cancel", who=either))
    assert cancel["who"]["description"] == "As in book."
    assert cancel["who"][keyword][0]["properties"]["guest"] == {"type": "string"}


def test_short_descriptions_stay() -> None:
    guest = {"type": "string", "description": "Never two."}
    assert _sent(_tool("book", guest=guest), _tool("cancel", guest=guest))[1]["guest"] == guest


def test_tools_that_stay_as_they_are_are_neither_changed_nor_referred_to() -> None:
    tools = [_tool("book", guest=GUEST), _tool("cancel", guest=GUEST)]
    assert _sent(*tools, preset="safe") == [{"guest": GUEST}] * 2
    assert _sent(*tools, tool_descriptions="full") == [{"guest": GUEST}] * 2
    tools[0]["function"]["defer_loading"] = True
    assert _sent(*tools) == [{"guest": GUEST}] * 2


def test_a_schema_of_any_depth_is_taken() -> None:
    deep: dict[str, Any] = GUEST
    for _ in range(60):
        deep = {"type": "object", "properties": {"guest": deep}}
    sent = _sent(_tool("book", guest=deep), _tool("cancel", guest=deep))
    assert json.dumps(sent[0]) == json.dumps([{"guest": deep}][0])
