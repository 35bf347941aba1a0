"""Templates with values as bodies, whose first part is the same for all values."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from optimizer_app.prompts.check import checked
from optimizer_app.prompts.errors import ValuesRefused
from optimizer_app.prompts.rendering import MAX_RENDERED_CHARS, rendered_body
from tests.optimizer_app.prompts.contents import (
    QUESTION,
    RULES,
    anthropic_content,
    asks,
    content,
    shared_start,
)

VALUES = {
    "question": "Where is order 1007?",
    "tone": "friendly",
    "documents": [{"title": "Returns", "text": "Within 30 days."}, "Closed on Sundays."],
}
OTHERS = {"question": "Say hi. " * 50, "documents": ["Nothing."]}


def test_it_works() -> None:
    assert rendered_body(checked(content()), VALUES) == {
        "model": "gpt-4o",
        "temperature": 0,
        "messages": [
            {"role": "system", "content": RULES},
            {
                "role": "user",
                "content": "Rules of the day follow.\n[1] Returns\nWithin 30 days.\n\n[2] Untitled\n"
                "Closed on Sundays.\n\nIn a friendly tone: Where is order 1007?",
            },
        ],
    }


@pytest.mark.parametrize("made", [content(), anthropic_content(), anthropic_content(marks_stable_part=True)])
def test_two_renders_share_the_bytes_up_to_the_first_variable(made: dict[str, Any]) -> None:
    template = checked(made)
    one, other = (orjson.dumps(rendered_body(template, values)) for values in (VALUES, OTHERS))
    shared = shared_start(one.decode(), other.decode())
    assert orjson.dumps(RULES).decode()[1:-1] in shared
    assert orjson.dumps(QUESTION.partition("{{")[0]).decode()[1:-1] in shared


def test_anthropic_gets_its_mark_where_the_template_says_so() -> None:
    plain = rendered_body(checked(anthropic_content()), VALUES)
    assert "cache_control" not in str(plain)
    assert plain["system"] == [{"type": "text", "text": RULES}]
    marked = rendered_body(checked(anthropic_content(marks_stable_part=True)), VALUES)
    head, rest = marked["messages"][0]["content"]
    assert head == {
        "type": "text",
        "text": "Rules of the day follow.\n",
        "cache_control": {"type": "ephemeral"},
    }
    assert head["text"] + rest["text"] == plain["messages"][0]["content"][0]["text"]
    assert "cache_control" not in marked["system"][0]


def test_the_mark_is_on_the_system_text_where_the_message_begins_with_a_variable() -> None:
    made = anthropic_content(
        messages=[{"role": "system", "text": RULES}, {"role": "user", "text": "{{ q }}"}],
        variables=[{"name": "q"}],
        marks_stable_part=True,
    )
    body = rendered_body(checked(made), {"q": "hi"})
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ({"kind": "number"}, 3, "3"),
        ({"kind": "number"}, 0.5, "0.5"),
        ({"kind": "json"}, {"größe": [1, None]}, '{"größe":[1,null]}'),
        ({"kind": "text"}, "{{ a }} {% raw %}", "{{ a }} {% raw %}"),
        ({"kind": "documents"}, [], ""),
    ],
)
def test_values_of_each_kind(variable: dict[str, Any], value: Any, text: str) -> None:
    template = checked(asks("<{{ a }}>", {"name": "a", **variable}))
    assert rendered_body(template, {"a": value})["messages"][0]["content"] == f"<{text}>"


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({}, {"question": "is missing: it must be a string"}),
        ({"question": 3}, {"question": "must be a string"}),
        ({"question": "q", "tone": "rude"}, {"tone": "must be one of formal, friendly"}),
        ({"question": "q", "tonne": "formal"}, {"tonne": "is no variable of this template"}),
        (
            {"question": "q", "documents": [{"text": 1}]},
            {"documents": "must be a list of strings, or of objects with title and text"},
        ),
        ({"question": "q", "documents": ["d"] * 1_001}, {"documents": "has more than 1,000 documents"}),
    ],
)
def test_values_that_cannot_be_used_are_named(values: dict[str, Any], problems: dict[str, str]) -> None:
    with pytest.raises(ValuesRefused) as refused:
        rendered_body(checked(content()), values)
    assert refused.value.problems == problems


@pytest.mark.parametrize(
    ("kind", "value"), [("number", True), ("number", "3"), ("number", float("inf")), ("json", None)]
)
def test_values_of_another_kind_are_refused(kind: str, value: Any) -> None:
    template = checked(asks("{{ a }}", {"name": "a", "kind": kind}))
    with pytest.raises(ValuesRefused):
        rendered_body(template, {"a": value})


def test_a_prompt_does_not_grow_beyond_all_bounds() -> None:
    template = checked(asks("{{a}}" * 1_000, {"name": "a"}))
    with pytest.raises(ValuesRefused, match="16,000,000 characters"):
        rendered_body(template, {"a": "x" * (MAX_RENDERED_CHARS // 1_000 + 1)})
