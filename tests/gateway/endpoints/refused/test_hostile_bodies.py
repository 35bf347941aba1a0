"""Bodies that no client means to send: whatever they hold, the answer is no failure of ours, and comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.accounts import Account
from tests.hostile_texts import PIECES

FAILURES = 500
FIELDS = {
    "/v1/chat/completions": ("messages", "tools", "stream_options", "response_format", "functions"),
    "/v1/messages": ("messages", "system", "tools", "thinking", "tool_choice"),
    "/v1/responses": ("input", "instructions", "tools", "reasoning", "previous_response_id"),
}
SURROGATE = '"\\ud800"'
VALUES = (
    "null", "true", "-0", "1e999", "1" * 400, "-1e-999", '""', SURROGATE, '"\\u0000"', "[]", "{}", "[[]]",
    "[null]", "[{}]",
    '[{"role":"user"}]', '[{"role":"user","content":null}]', '[{"role":"user","content":[null]}]',
    '[{"role":"user","content":[{"type":"text"}]}]', '[{"role":"user","content":[{"type":"text","text":7}]}]',
    '[{"role":"tool","tool_call_id":"x","content":"y"}]', '[{"role":"assistant","tool_calls":[{}]}]',
    '[{"role":"assistant","tool_calls":[{"function":{"name":1,"arguments":{}}}]}]',
    '[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,@@"}}]}]',
    '[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"AA=="}}]}]',
    '[{"type":"function_call_output","output":[{}]}]', '[{"type":"reasoning","summary":null}]',
    f'[{{"role":{SURROGATE},"content":{SURROGATE}}}]', '[{"role":["user"],"content":{"a":1}}]',
    '[{"type":"function","function":{"name":"f","parameters":{"$ref":"#"}}}]',
    '[{"name":"f","input_schema":[]}]',
)  # fmt: skip


def bodies() -> Iterator[tuple[str, bytes]]:
    """Each field of each dialect with each value, a few whole bodies, and texts made for slow rules."""
    for path, fields in FIELDS.items():
        for at, field in enumerate(fields):
            for value in VALUES[at % 2 :: 2]:
                rest = (
                    ""
                    if field in ("messages", "input")
                    else f'"{fields[0]}":[{{"role":"user","content":"hi"}}],'
                )
                yield path, f'{{"model":"m",{rest}"{field}":{value}}}'.encode()
        for depth in (990, 5_000):
            nested = "[" * depth + "1" * 30 + "]" * depth
            yield path, f'{{"model":"m","messages":[],"input":[],"x":{nested}}}'.encode()
        yield (
            path,
            f'{{"model":{SURROGATE},"messages":[{{"role":"user","content":"hi"}}],"input":"hi"}}'.encode(),
        )
    for piece in PIECES:
        text = json.dumps(piece * (4_000 // len(piece)))
        yield (
            "/v1/chat/completions",
            f'{{"model":"m","messages":[{{"role":"user","content":{text}}}]}}'.encode(),
        )


def test_no_hostile_body_is_a_failure(echo_account: Account) -> None:
    sent = list(bodies())
    assert len(sent) > 200
    failed = []
    for number, (path, raw) in enumerate(sent):
        mode = {"x-optimizer-mode": "off"} if number % 3 == 0 else {}
        answer = echo_account.post(path, data=raw, headers=mode)
        failed += [(answer.status_code, path, raw[:200])] if answer.status_code >= FAILURES else []
    assert failed == []


@pytest.mark.parametrize("mode", ["off", "on"])
@pytest.mark.parametrize("path", FIELDS)
def test_a_large_number_deep_within_lists(echo_account: Account, path: str, mode: str) -> None:
    nested = "[" * 990 + "1" * 30 + "]" * 990
    prompt = '"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"input":"hi"'
    raw = f'{{{prompt},"x":{nested}}}'
    answer = echo_account.post(path, data=raw.encode(), headers={"x-optimizer-mode": mode})
    assert answer.status_code == 200


TEXTS = st.text(max_size=30) | st.sampled_from(PIECES).map(lambda piece: piece * 40)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
KINDS = ("text", "input_text", "image_url", "tool_use", "tool_result", "thinking", "refusal")
PARTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["text", "input_text", "image_url", "tool_use", "tool_result", "thinking", "refusal"]
        )
    },
    optional={"text": TEXTS | ANYTHING, "id": TEXTS, "name": TEXTS, "input": ANYTHING, "content": ANYTHING},
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "developer", "user", "assistant", "tool"])},
        optional={
            "content": TEXTS | st.lists(PARTS, max_size=3) | ANYTHING,
            "tool_calls": st.lists(ANYTHING, max_size=2),
            "tool_call_id": TEXTS,
            "type": st.sampled_from(["message", "function_call", "function_call_output", "reasoning"]),
            "arguments": ANYTHING,
            "output": ANYTHING,
        },
    ),
    max_size=5,
)


@pytest.mark.parametrize("path", FIELDS)
def test_no_drawn_body_is_a_failure(echo_account: Account, path: str) -> None:
    content, *others = FIELDS[path]

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(MESSAGES, st.dictionaries(st.sampled_from(others), ANYTHING, max_size=2), st.booleans())
    def send(messages: list[Any], more: dict[str, Any], is_off: bool) -> None:
        raw = json.dumps({**more, "model": "m", "max_tokens": 9, content: messages}).encode()
        mode = {"x-optimizer-mode": "off"} if is_off else {}
        answer = echo_account.post(path, data=raw, headers=mode)
        assert answer.status_code < FAILURES, raw

    send()
