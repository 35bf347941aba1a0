"""What a body that goes on as it came is read for, and what it reads as where all of it is wanted."""

from __future__ import annotations

import pytest

from gateway.callers.configs import NamedConfig
from gateway.errors import BadRequest
from gateway.requests.bodies import unread
from gateway.requests.bodies.body import parsed_object
from gateway.requests.bodies.unread import unread_body
from gateway.requests.prompt import PromptRequest
from token_optimizer.config import OptimizerConfig
from token_optimizer.models import Dialect

BODIES = (
    b'{"model": "m", "stream": true, "max_tokens": 9, "messages": [{"role": "user"}, 2], "n": 1.5}',
    b'{"model": "a", "model": "\\u00e9", "messages": [1], "messages": [1, 2], "tools": [{}]}',
    b'{"m\\u006fdel": "m", "messages": [], "stream": null}',
    b'{"model": "\\ud800", "messages": [1]}',
    b'{"model": "m", "messages": [{"content": "\\ud800"}]}',
    b'{"model": ["m"], "stream": 1, "messages": {"a": 1}}',
    b'{"model": 123456789012345678901234567890, "messages": null}',
    b'{"messages": [1, 2], "input": [1, 2, 3], "max_output_tokens": 5, "max_tokens": 4.5}',
    b'{"input": "text", "messages": "text"}',
    b'{"model": "m", "n": NaN}',
    b'{"model": "m"',
    b'["model"]',
    b"{}",
    b"\xff{no json",
)


@pytest.mark.parametrize("raw", BODIES)
def test_it_reads_as_if_it_was_read_at_once(raw: bytes) -> None:
    try:
        whole = parsed_object(raw)[0]
    except BadRequest:
        whole = {}
    body = unread_body(raw)

    for dialect in ("openai", "anthropic", "responses"):
        assert _said(body, dialect) == _said(whole, dialect)
    assert body.get("messages") == whole.get("messages")
    assert body.keys() == whole.keys()


def test_what_a_trace_needs_takes_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "parsed_object", lambda _: pytest.fail("all of it was read"))

    assert _said(unread_body(BODIES[0]), "openai") == ("m", True, 2, 9)


def test_what_turns_out_to_be_no_text_is_taken_for_empty() -> None:
    body = unread_body(b'{"model": "m", "messages": [{"content": "\xff"}]}')

    assert body["model"] == "m"
    assert body.get("messages") is None


def _said(body: object, dialect: Dialect) -> tuple[str, bool, int, int | None]:
    request = PromptRequest(dialect, b"", body, NamedConfig("", None, OptimizerConfig()), off=True)
    return request.model, request.stream, request.messages_count, request.max_answer_tokens
