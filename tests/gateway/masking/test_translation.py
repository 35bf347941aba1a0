"""Secrets on the way to a provider of another dialect, and back."""

from __future__ import annotations

import json

import pytest

from tests.gateway.accounts import Account
from tests.gateway.masking.test_completions import (
    ASKED,
    BODIES,
    KEY,
    MAIL,
    PATHS,
    names_of,
    reply_of,
    said,
    streamed,
)
from tests.gateway.routes import provider_at, route_to
from tests.provider.mock_provider import MockProvider
from token_optimizer.models import Dialect

OTHER: dict[Dialect, str] = {"openai": "anthropic", "anthropic": "openai", "responses": "anthropic"}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", PATHS)
def test_it_works(masking: Account, provider: MockProvider, dialect: Dialect, stream: bool) -> None:
    kind = OTHER[dialect]
    there = provider_at(masking, provider, f"at-{kind}", kind=kind)
    route_to(masking, str(BODIES[dialect]["model"]), {"provider": there, "model": "some-model"})
    provider.script(reply_of(masking))
    if stream:
        text, arguments = streamed(masking, dialect)
    else:
        text, arguments = said(dialect, masking.post(PATHS[dialect], BODIES[dialect]))
    assert text == f"Wrote to {MAIL}: {KEY} <b>"
    assert json.loads(arguments) == {"to": MAIL, "key": KEY}
    [request] = provider.requests
    assert PATHS[dialect] != request.path.partition("?")[0]
    assert MAIL not in request.raw.decode()
    assert all(name in request.raw.decode() for name in names_of(masking))
    assert ASKED not in request.raw.decode()
