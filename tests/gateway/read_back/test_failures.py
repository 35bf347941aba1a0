"""What goes wrong while a model reads back: the client sees it as it is, and nothing is made up."""

from __future__ import annotations

import threading
from typing import Any

import anthropic
import openai
import pytest
import requests

from tests.gateway.accounts import Account, add_mock, new_account
from tests.gateway.read_back.sessions import SESSIONS, Chat, Session
from tests.gateway.read_back.test_rounds import ANSWERS, CALL, NAME, READS, every_dialect, json_and_stream
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply
from tests.servers.live_server import LiveServer

CLOSINGS = ("[DONE]", '"finish_reason":"stop"', "message_stop", "response.completed")


def streamed(account: Account, session: Session) -> tuple[str, dict[str, Any]]:
    """What came of a stream that breaks, and its trace."""
    answer = account.post(session.path, {**session.body(), "stream": True}, stream=True)
    pieces = []
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        pieces.extend(answer.iter_content(chunk_size=None))
    return b"".join(pieces).decode(), account.trace(answer.headers["x-optimizer-trace-id"])


@every_dialect
def test_a_refused_later_round_is_the_providers_own_error(
    account: Account, provider: MockProvider, session: Session
) -> None:
    provider.script(READS, Reply(status=429, message="slow down", retry_after="7"))
    answer = account.post(session.path, session.body())

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["message"] == "slow down"
    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["status"], trace["http_status"]) == ("error", 429)
    assert trace["usage_input_tokens"] == 1_000
    assert len(trace["read_backs"]) == 1


@every_dialect
def test_within_a_stream_it_is_an_error_event_without_an_end(
    account: Account, provider: MockProvider, session: Session
) -> None:
    provider.script(READS, Reply(status=529, message="overloaded by the test"))
    text, trace = streamed(account, session)

    assert "overloaded by the test" in text
    assert "look." in text
    assert not [closing for closing in CLOSINGS if closing in text]
    assert (trace["status"], trace["http_status"]) == ("error", 529)
    assert trace["error"] == "the provider answered 529 as the answer went on"
    assert trace["usage_input_tokens"] == 1_000


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: type(session).__name__)
def test_the_sdk_raises_it(account: Account, provider: MockProvider, session: Session) -> None:
    provider.script(READS, Reply(status=529, message="overloaded by the test"))
    with pytest.raises((openai.APIError, anthropic.APIError), match="overloaded by the test"):
        session.ask(account, stream=True)


@every_dialect
def test_a_later_round_that_breaks(account: Account, provider: MockProvider, session: Session) -> None:
    provider.script(READS, Reply("It was worker 1.", cut_after=4))
    text, trace = streamed(account, session)

    assert "look." in text
    assert not [closing for closing in CLOSINGS if closing in text]
    assert trace["status"] == "interrupted"
    assert trace["usage_input_tokens"] >= 1_000


@every_dialect
def test_a_call_that_breaks_off(account: Account, provider: MockProvider, session: Session) -> None:
    """The stream ends within our call: no ending is made for it, and nothing is read."""
    events = {"Chat": 5, "Messages": 8, "Responses": 10}[type(session).__name__]
    provider.script(Reply("I look. ", (CALL,), cut_after=events))
    text, trace = streamed(account, session)

    assert "look." in text
    assert NAME not in text
    assert not [closing for closing in CLOSINGS if closing in text]
    assert (trace["status"], trace["read_backs"]) == ("interrupted", [])
    assert len(provider.requests) == 1


@every_dialect
def test_a_later_json_answer_that_breaks_is_a_502(
    account: Account, provider: MockProvider, session: Session
) -> None:
    provider.script(READS, Reply(cut_after=20))
    answer = account.post(session.path, session.body())

    assert answer.status_code == 502
    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["status"], trace["usage_input_tokens"]) == ("error", 1_000)


@every_dialect
def test_a_client_that_leaves_ends_the_later_round(
    account: Account, provider: MockProvider, release: threading.Event, session: Session
) -> None:
    provider.script(READS, Reply("word " * 200, release=release, hold_after=3))
    response = account.post(session.path, {**session.body(), "stream": True}, stream=True)
    # Kept, since a generator that is dropped closes the connection.
    pieces = response.iter_content(chunk_size=None)
    next(pieces)
    provider.wait_for(2)
    response.close()
    trace = account.trace(response.headers["x-optimizer-trace-id"])

    assert (trace["status"], trace["error"]) == ("interrupted", "the client left")
    # The provider finds out once it writes again.
    release.set()
    assert provider.client_left.wait(PATIENCE_SECONDS)


@json_and_stream
@every_dialect
def test_past_the_limit_of_time_the_answer_goes_out_as_it_is(
    hasty: Account, provider: MockProvider, session: Session, stream: bool
) -> None:
    provider.script(READS)
    told = session.ask(hasty, stream=stream)

    assert (told.text, told.calls, told.ending) == ("I look. ", (), session.over)
    assert len(provider.requests) == 1
    assert hasty.trace(told.trace_id)["read_backs"] == []


@pytest.fixture(scope="module")
def _hasty_server(django_db_setup: None, django_db_blocker: Any) -> Any:
    from tests.servers.live_server import running_server

    with django_db_blocker.unblock(), running_server(OPTIMIZER_READ_BACK_SECONDS="0.000000001") as running:
        yield running


@pytest.fixture
def hasty(transactional_db: None, _hasty_server: LiveServer, provider: MockProvider) -> Account:
    """An account at a server on which reading back is out of time at once."""
    made = new_account(_hasty_server)
    add_mock(made, provider)
    return made


def test_a_server_that_refuses_to_tell_usage(account: Account, provider: MockProvider) -> None:
    """Usage is asked for on the client's behalf; later rounds go to such a server as the second try did."""
    provider.script(Reply(status=400, message="unknown field stream_options"), READS, ANSWERS)
    text = account.post(Chat.path, {**Chat().body(), "stream": True}).text

    assert "It " in text
    assert ["stream_options" in request.json for request in provider.requests] == [True, False, False]
