"""What requests say, kept encrypted where their config asks for it."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
import requests
from django.db import connection

from optimizer_app.captures.reading import texts_of
from optimizer_app.captures.texts import CapturedTexts
from optimizer_app.models import Capture, OptimizationConfig
from optimizer_app.playground.answers import answer_text
from tests.gateway.accounts import Account, wait_until_drained
from tests.gateway.prompts import CLAUDE, HI, MODEL, ORDERS, anthropic_agent, openai_agent
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply, ToolCall

BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": ("/v1/chat/completions", {"model": MODEL, "messages": openai_agent()}),
    "anthropic": ("/v1/messages", {"model": CLAUDE, "max_tokens": 99, "messages": anthropic_agent()}),
    "responses": ("/v1/responses", {"model": MODEL, "input": f"Which order failed?\n\n{ORDERS}"}),
}


@pytest.fixture
def kept(account: Account) -> Account:
    """The account, whose config keeps texts for three days."""
    OptimizationConfig.objects.filter(project=account.project).update(fields={"capture_days": 3})
    return account


def _capture(account: Account, answer: requests.Response) -> Capture:
    """The capture of a request, once it is stored."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while (found := Capture.objects.filter(pk=answer.headers["x-optimizer-trace-id"]).first()) is None:
        assert time.monotonic() < give_up_at, account.server.log()[-2000:]
        time.sleep(0.02)
    return found


def _texts(account: Account, answer: requests.Response) -> CapturedTexts:
    return texts_of(_capture(account, answer))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", ["openai", "anthropic", "responses"])
def test_it_works(kept: Account, provider: MockProvider, dialect: Any, stream: bool) -> None:
    path, body = BODIES[dialect]
    answer = kept.post(path, {**body, "stream": stream})
    texts = _texts(kept, answer)
    assert texts.body.encode() == answer.request.body
    assert texts.sent_body.encode() == provider.requests[0].raw
    assert texts.answer.encode() == answer.content
    assert answer_text(texts.answer, dialect) == provider.default.text
    trace = kept.trace(answer.headers["x-optimizer-trace-id"])
    assert trace["text_until"]
    changed = [block for block in trace["blocks"] if block["fate"] == "rewritten"]
    assert changed
    assert all(
        len(texts.blocks[block["id"]].after) < len(texts.blocks[block["id"]].before) for block in changed
    )


def test_a_prompt_that_is_only_looked_at_is_kept_without_an_answer(kept: Account) -> None:
    prompt = {"model": MODEL, "messages": openai_agent()}
    beside = {"query": "Which order failed?", "documents": [{"title": "Orders", "text": "All of 2025."}]}
    answer = kept.post("/v1/optimize", {**prompt, **beside})
    texts = _texts(kept, answer)
    assert json.loads(texts.body) == prompt
    assert json.loads(texts.sent)["messages"] == answer.json()["messages"]
    assert (texts.question, list(texts.documents), texts.answer) == (*beside.values(), "")
    changed = [block["id"] for block in answer.json()["blocks"] if block["fate"] == "rewritten"]
    assert changed
    assert all(len(texts.blocks[name].after) < len(texts.blocks[name].before) for name in changed)
    assert kept.trace(answer.headers["x-optimizer-trace-id"])["text_until"]


def test_calls_of_tools_are_among_what_was_said(kept: Account, provider: MockProvider) -> None:
    call = ToolCall("read_file", '{"path":"a.py"}')
    for stream in (False, True):
        for dialect, (path, body) in BODIES.items():
            provider.script(Reply(text="Look:", tool_calls=(call,)))
            texts = _texts(kept, kept.post(path, {**body, "stream": stream}))
            found = answer_text(texts.answer, dialect)  # type: ignore[arg-type]
            assert found.startswith("Look:")
            assert '→ read_file {"path":"a.py"}' in found


def test_nothing_readable_is_written(kept: Account) -> None:
    answer = kept.post("/v1/chat/completions", BODIES["openai"][1])
    _capture(kept, answer)
    wait_until_drained(kept.server)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM optimizer_app_capture t")
        assert not any("Müller" in text or "clerk" in text for (text,) in cursor.fetchall())
    assert "Müller" not in kept.server.log()


def test_a_config_that_keeps_nothing_leaves_none(account: Account) -> None:
    answer = account.post("/v1/chat/completions", {"model": MODEL, "messages": HI})
    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert trace["text_until"] is None
    wait_until_drained(account.server)
    assert not Capture.objects.filter(project=account.project).exists()


def test_off_mode_is_kept_as_it_came(kept: Account) -> None:
    body = {"model": MODEL, "messages": HI}
    texts = _texts(kept, kept.post("/v1/chat/completions", body, headers={"x-optimizer-mode": "off"}))
    assert texts.sent == ""
    assert "Say hi." in texts.body
    assert answer_text(texts.answer, "openai")


def test_what_came_before_the_client_left_is_kept(
    kept: Account, provider: MockProvider, release: threading.Event
) -> None:
    provider.script(Reply(text="one two three", release=release, hold_after=1))
    headers = {"authorization": f"Bearer {kept.secret}"}
    body = {"model": MODEL, "messages": HI, "stream": True}
    url = f"{kept.server.url}/v1/chat/completions"
    with requests.post(url, json=body, headers=headers, stream=True, timeout=PATIENCE_SECONDS) as answer:
        next(answer.iter_lines())
    assert "Say hi." in _texts(kept, answer).body
