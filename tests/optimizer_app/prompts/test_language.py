"""What stands in braces."""

from __future__ import annotations

import contextlib

import pytest

from optimizer_app.prompts.errors import TextRefused
from optimizer_app.prompts.language import MAX_REFERENCES, Reference, parsed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hi {{ name }}!\n", ("Hi ", Reference("name"), "!\n")),
        ("{{a}}{{ b }}", (Reference("a"), Reference("b"))),
        ("x {{- a -}} y", ("x", Reference("a"), "y")),
        ("{% raw %}{{ a }}{% endraw %}", ("{{ a }}",)),
        ("{# not sent #}sent", ("sent",)),
        ('{"json": {"a": 1}} }} { }', ('{"json": {"a": 1}} }} { }',)),
    ],
)
def test_variables_and_texts(text: str, parts: tuple[object, ...]) -> None:
    assert parsed(text) == parts


@pytest.mark.parametrize(
    "expression",
    [
        "{{ a.__class__ }}",
        "{{ a|upper }}",
        "{{ a() }}",
        "{{ 1 + 1 }}",
        "{{ 'a' * 10000000 }}",
        "{{ " + "9" * 5_000 + " }}",
        "{{ " + "(" * 5_000 + " }}",
        "{% for x in range(10) %}{{ x }}{% endfor %}",
        "{% include 'a' %}",
        "{{ }}",
        "{{ a b }}",
        "{{ a",
        "{%",
    ],
)
def test_nothing_is_evaluated(expression: str) -> None:
    with pytest.raises(TextRefused, match=r"line 2: only \{\{ name \}\} is read here"):
        parsed("first\n" + expression)


@pytest.mark.parametrize(("text", "said"), [("{# open", "end of comment"), ("{% raw %} x", "end of raw")])
def test_what_is_left_open_is_refused(text: str, said: str) -> None:
    with pytest.raises(TextRefused, match=f"line 1: Missing {said}"):
        parsed(text)


def test_a_message_has_not_too_many_variables() -> None:
    assert len(parsed("{{a}}" * MAX_REFERENCES)) == MAX_REFERENCES
    with pytest.raises(TextRefused, match="at most 1,000 variables"):
        parsed("{{a}}" * (MAX_REFERENCES + 1))


@pytest.mark.parametrize(
    "hostile",
    ["{{ ", "{%- ", "{{- ", "{% raw %}{% ", "{{a", "{{ a -", " \n{%-", "{#", "{{1_", "{{ '\\'", "{"],
)
def test_hostile_texts_are_read_or_refused(hostile: str) -> None:
    """In a time that grows with their size: a quadratic one would not end within the tests' limit."""
    text = hostile * (2_000_000 // len(hostile))
    for whole in (text, "{% raw %}" + text, "{{ " + text):
        with contextlib.suppress(TextRefused):
            assert parsed(whole)
