"""A mock provider that the SDKs find through their own variables, and an events receiver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.provider.mock_provider import MockProvider
from tests.servers.events_receiver import EventsReceiver
from token_optimizer.optimizer.pipeline import STRICT_VARIABLE
from token_optimizer.telemetry.endpoint import SPILL_VARIABLE


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockProvider]:
    with MockProvider() as mock:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-provider")
        monkeypatch.setenv("OPENAI_BASE_URL", mock.openai_url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-the-provider")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", mock.url)
        monkeypatch.setenv(STRICT_VARIABLE, "1")
        yield mock


@pytest.fixture(autouse=True)
def _no_event_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SPILL_VARIABLE, "")


@pytest.fixture
def receiver() -> Iterator[EventsReceiver]:
    with EventsReceiver() as events:
        yield events
        events.gate.set()


@pytest.fixture
def dead_url(unused_port: int) -> str:
    return f"http://127.0.0.1:{unused_port}/events"


@pytest.fixture
def unused_port() -> int:
    """A port on which nobody listens."""
    with EventsReceiver() as gone:
        return gone.port
