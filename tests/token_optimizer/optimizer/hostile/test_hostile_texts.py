"""No text makes the optimizer slow: its time grows linearly, whatever the text holds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.growth import MAX_RATIO, ratio
from tests.hostile_texts import PIECES
from tests.token_optimizer.optimizer.bodies import LOG, ROWS
from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.embedded.fences import Fence, fences, opens_with_fence
from token_optimizer.optimizer.pipeline import optimize_body

_CHARS = 3_000
_CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
# More than any model's window: then there is no budget but the one that is given.
_CONFIG = OptimizerConfig.preset("balanced", max_input_tokens=10**9)


def _messages(text: str) -> list[dict[str, Any]]:
    """The text in every place, and as a question about JSON and a log."""
    calls = [{**_CALL, "id": at} for at in ("1", "2", "3")]
    results = (f"1 {text}", ROWS[:3_000], LOG[:3_000])
    return [
        {"role": "system", "content": f"2 {text}"},
        {"role": "user", "content": f"3 {text}"},
        {"role": "assistant", "content": f"4 {text}", "tool_calls": calls},
        *(
            {"role": "tool", "tool_call_id": call["id"], "content": result}
            for call, result in zip(calls, results, strict=True)
        ),
        {"role": "user", "content": f"5 {text}"},
    ]


@pytest.mark.long
@pytest.mark.parametrize("piece", PIECES)
def test_time_grows_linearly(piece: str) -> None:
    def run(text: str) -> None:
        optimize_body({"messages": _messages(text)}, "openai", config=_CONFIG, budget_tokens=1_500)

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
