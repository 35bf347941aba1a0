"""No text makes the optimizer slow: its time grows linearly, whatever the text holds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.growth import MAX_RATIO, ratio
from tests.hostile_texts import PIECES
from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.embedded.fences import Fence, fences, opens_with_fence
from token_optimizer.optimizer.pipeline import optimize_body

_CHARS = 4_000
_CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
# More than any model's window: then there is no budget but the one that is given.
_CONFIG = OptimizerConfig.preset("balanced", max_input_tokens=10**9)


def _user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def _tool(text: str) -> list[dict[str, Any]]:
    call = {"role": "assistant", "content": None, "tool_calls": [_CALL]}
    return [*_user("Look."), call, {"role": "tool", "tool_call_id": "1", "content": text}]


def _system(text: str) -> list[dict[str, Any]]:
    return [{"role": "system", "content": text}, *_user("Why?")]


def _answer(text: str) -> list[dict[str, Any]]:
    return [*_user("What?"), {"role": "assistant", "content": text}, *_user("Why?")]


@pytest.mark.long
@pytest.mark.parametrize("piece", PIECES)
def test_time_grows_linearly(piece: str) -> None:
    def run(text: str) -> None:
        for messages, budget in ((_user, None), (_tool, 800), (_system, None), (_answer, 500)):
            body = {"messages": messages(text)}
            optimize_body(body, "openai", config=_CONFIG, budget_tokens=budget)

    assert ratio(run, piece, _CHARS) <= MAX_RATIO


_CLOSED = re.compile(r"^(`{3,}|~{3,})([\w+-]*)[^\n]*\n(.*?)^\1[ \t]*$\n?", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "text",
    [
        "```py\na\n```\n",
        "a\n````\n```\nb\n````\n~~~\nc\n~~~ \nd",
        "````\na\n```\n",
        "```\na\n````\n",
        "```\n```",
        "```a b\n\n``` \t\n```\n",
        "```\n~~~\n```\n~~~",
        " ```\na\n```",
        "```\r\na\n```\r\n",
    ],
)
def test_fences_are_what_their_definition_says(text: str) -> None:
    expected = [Fence(*match.span(), match.group(2), *match.span(3)) for match in _CLOSED.finditer(text)]
    assert list(fences(text)) == expected
    assert opens_with_fence(text) == (_CLOSED.match(text) is not None)
