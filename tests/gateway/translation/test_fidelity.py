"""The fidelity matrix: every feature, from every dialect, whole and streamed, at other kinds of providers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anthropic
import openai
import pytest

from tests.gateway.translation.answered import ask
from tests.gateway.translation.conftest import Fleet
from tests.gateway.translation.features import FEATURES, PAIRS, Feature, of
from tests.gateway.translation.sent import SENT

# How each API says that an answer ended early.
_ENDINGS = {
    "LENGTH": {
        "openai": "length",
        "anthropic": "max_tokens",
        "gemini": "MAX_TOKENS",
        "bedrock": "max_tokens",
    },
    "REFUSAL": {
        "openai": "content_filter",
        "anthropic": "refusal",
        "gemini": "SAFETY",
        "bedrock": "guardrail_intervened",
    },
}
NEEDED: dict[str, dict[str, Any]] = {
    "openai": {"messages": [{"role": "user", "content": "Hi."}]},
    "anthropic": {"max_tokens": 1000, "messages": [{"role": "user", "content": "Hi."}]},
    "responses": {"input": [{"role": "user", "content": "Hi."}]},
}
CELLS = [
    pytest.param(
        feature, caller, kind, stream, id=f"{feature}-{caller}-{kind}-{'stream' if stream else 'json'}"
    )
    for feature in FEATURES
    for caller, kind in PAIRS
    if caller in feature.asks and kind not in feature.without
    for stream in (False, True)
]


@pytest.mark.parametrize(("feature", "caller", "kind", "stream"), CELLS)
def test_a_feature(fleet: Fleet, feature: Feature, caller: str, kind: str, stream: bool) -> None:
    there = fleet.providers[kind]
    ending = _ENDINGS.get(feature.reply.finish_reason, {}).get(kind, "")
    there.script(replace(feature.reply, finish_reason=ending))
    request = {"model": f"to-{kind}", **NEEDED[caller], **feature.asks[caller]}
    if refusal := feature.refused.get(kind, {}).get(caller):
        with pytest.raises((openai.BadRequestError, anthropic.BadRequestError)) as refused:
            ask(fleet.account, caller, request, stream=stream)
        assert refusal in str(refused.value)
        assert not there.requests
        return

    answered = ask(fleet.account, caller, request, stream=stream)
    sent = SENT[kind](there.requests[0].json, there.requests[0].path)
    told = {name: getattr(sent, name) for name in feature.sent if of(feature.sent[name], kind) is not None}
    got = {name: getattr(answered, name) for name in feature.answered}

    assert told == {name: of(feature.sent[name], kind) for name in told}
    assert got == {name: of(feature.answered[name], caller) for name in got}
    assert answered.left_out == of(feature.left_out.get(kind, ""), caller)
