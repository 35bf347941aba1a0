"""Where telemetry may go: never over a network in the clear, unless told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from token_optimizer import TokenOptimizer
from token_optimizer.errors import ConfigError
from token_optimizer.telemetry.endpoint import (
    PLAIN_HTTP_VARIABLE,
    SPILL_VARIABLE,
    check_analytics_url,
    spill_folder,
)


@pytest.mark.parametrize(
    "url",
    ["https://example.com/events", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost:8000/events"],
)
def test_these_may_be_sent_to(url: str) -> None:
    check_analytics_url(url)


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "localhost.example.com"])
def test_a_key_does_not_go_over_a_network_in_the_clear(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=rf"to {host} in the clear.*{PLAIN_HTTP_VARIABLE}"):
        TokenOptimizer(analytics_url=f"http://{host}/events?token=secret")
    monkeypatch.setenv(PLAIN_HTTP_VARIABLE, "1")
    TokenOptimizer(analytics_url=f"http://{host}/events")


@pytest.mark.parametrize("url", ["not an url", "ftp://example.com/", "https:///events"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="analytics_url must be an http or https URL"):
        check_analytics_url(url)


def test_events_wait_in_the_users_own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SPILL_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert spill_folder() == tmp_path / "token-optimizer" / "telemetry"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert spill_folder() == tmp_path / ".local" / "state" / "token-optimizer" / "telemetry"


def test_events_wait_where_the_environment_says_or_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SPILL_VARIABLE, "/elsewhere")
    assert spill_folder() == Path("/elsewhere")
    monkeypatch.setenv(SPILL_VARIABLE, "")
    assert spill_folder() is None
