"""Templates that are refused, and the part that is named."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer_app.prompts.check import checked
from optimizer_app.prompts.errors import ContentRefused
from tests.optimizer_app.prompts.contents import anthropic_content, asks, content

USER = {"role": "user", "text": "hi"}


@pytest.mark.parametrize(
    ("made", "place", "said"),
    [
        (content(dialect="cohere"), "dialect", "must be 'openai' or 'anthropic'"),
        (content(messages=[]), "messages", "at least 1 item"),
        (content(message=1), "message", "is no part of a template"),
        (content(parameters={"messages": []}), "parameters.messages", "is no parameter"),
        (content(parameters="x"), "parameters", "valid dictionary"),
        (asks("{{ who }}"), "messages.0.text", "{{ who }} is not among the variables"),
        (asks("{{ who | x }}", {"name": "who"}), "messages.0.text", "line 1: only {{ name }}"),
        (asks("hi", {"name": "who"}), "variables.0.name", "stands in no message"),
        (asks("{{ a }}", {"name": "a"}, {"name": "a"}), "variables.1.name", "stands here twice"),
        (asks("{{ größe }}", {"name": "größe"}), "variables.0.name", "letters, digits"),
        (asks("{{ a }}", {"name": "a", "kind": "date"}), "variables.0.kind", "must be"),
        (asks("{{ a }}", {"name": "a", "kind": "choice"}), "variables.0.choices", "are missing"),
        (asks("{{ a }}", {"name": "a", "choices": ["x"]}), "variables.0.choices", "of kind choice"),
        (asks("{{ a }}", {"name": "a", "kind": "number", "default": "x"}), "variables.0.default", "a number"),
        (asks("{{ a }}", {"name": "a", "example": 1}), "variables.0.example", "a string"),
        (asks(" "), "messages.0.text", "is empty"),
        (asks("a\x00b"), "messages", "cannot be stored"),
        (content(messages=[{"role": "system", "text": "x"}], variables=[]), "messages", "one of the user's"),
        (content(messages=[USER, {"role": "system", "text": "x"}], variables=[]), "messages.1.role", "first"),
        (content(messages=[USER] * 51, variables=[]), "messages", "at most 50 items"),
        (content(messages=[{**USER, "text": "x" * 110_000}] * 2, variables=[]), "messages", "200,000"),
        (
            anthropic_content(messages=[{"role": "developer", "text": "x"}, USER], variables=[]),
            "messages.0.role",
            "Anthropic has no developer messages",
        ),
    ],
)
def test_what_is_refused(made: dict[str, Any], place: str, said: str) -> None:
    with pytest.raises(ContentRefused) as refused:
        checked(made)
    assert list(refused.value.problems) == [place]
    assert said in refused.value.problems[place]


def test_the_system_text_is_the_same_for_all_values() -> None:
    made = content(
        messages=[{"role": "system", "text": "Be {{ tone }}."}, {"role": "user", "text": "{{ tone }}"}],
        variables=[{"name": "tone"}],
    )
    with pytest.raises(ContentRefused) as refused:
        checked(made)
    assert "Put it into a user message" in refused.value.problems["messages.0.text"]
