"""`POST /v1/read_back`."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.gateway.accounts import Account
from tests.gateway.read_back.prompts import LOG, NEEDLE, chat, messages, responses
from tests.provider.mock_provider import MockProvider

PATH = "/v1/read_back"
CONFIG = {"preset": "balanced", "read_back": "always"}


def prompt(body: dict[str, Any]) -> dict[str, Any]:
    """A body of a dialect as `/v1/optimize` takes it."""
    conversation = body.get("messages") or body["input"]
    return {"messages": conversation, "tools": body["tools"], "model": body["model"], "config": CONFIG}


@pytest.mark.parametrize("body", [chat(), messages(), responses()], ids=["openai", "anthropic", "responses"])
def test_it_works(account: Account, provider: MockProvider, body: dict[str, Any]) -> None:
    optimized = account.post("/v1/optimize", prompt(body))
    found = re.search(r" #([0-9]{6})\]", json.dumps(optimized.json()["messages"]))
    assert found
    answer = account.post(PATH, {**prompt(body), "what": found[1]})
    read = answer.json()

    assert answer.status_code == 200
    assert set(read) == {"found", "text", "stage", "block", "tokens"}
    assert read["found"]
    assert set(re.findall("order [0-9]+ ", read["text"])) <= set(re.findall("order [0-9]+ ", LOG))
    blocks = {block["id"]: block for block in optimized.json()["blocks"]}
    assert blocks[read["block"]]["stage"] == read["stage"]
    assert read["tokens"] > 0
    assert not provider.requests
    assert account.trace(answer.headers["x-optimizer-trace-id"])["status"] == "ok"


def test_words_find_what_was_left_out(account: Account) -> None:
    read = account.post(PATH, {**prompt(chat()), "what": "which worker took order 640"}).json()

    assert read["found"]
    assert NEEDLE in read["text"]


def test_a_miss_is_no_error(account: Account) -> None:
    answer = account.post(PATH, {**prompt(chat()), "what": "111111"})

    assert answer.status_code == 200
    assert answer.json()["found"] is False
    assert "Nothing was left out" in answer.json()["text"]


@pytest.mark.parametrize(
    ("changes", "said", "param"),
    [
        ({"what": None}, "what must be a string, not null", "what"),
        ({"what": ""}, "what must be a string, not an empty string", "what"),
        ({"messages": "hi", "what": "1"}, "messages must be a list, not a string", "messages"),
        ({"config": "nobody", "what": "1"}, "nobody", "x-optimizer-config"),
    ],
)
def test_refusals(account: Account, changes: dict[str, Any], said: str, param: str) -> None:
    answer = account.post(PATH, {**prompt(chat()), **changes})

    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_what_is_missing(account: Account) -> None:
    answer = account.post(PATH, prompt(chat()))

    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "what is missing")


def test_a_stranger_is_refused(account: Account) -> None:
    answer = account.post(PATH, {"what": "1"}, headers={"authorization": "Bearer tok_nobody"})

    assert answer.status_code == 401
