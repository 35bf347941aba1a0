"""Reading back from a provider that speaks another dialect: the caller sees its own, as ever."""

from __future__ import annotations

import pytest

from tests.gateway.accounts import Account
from tests.gateway.read_back.sessions import Chat, Messages, Responses, Session
from tests.gateway.read_back.test_rounds import ANSWERS, READS
from tests.gateway.routes import provider_at, route_to
from tests.provider.mock_provider import MockProvider

ELSEWHERE = [
    pytest.param(session, kind, id=f"{type(session).__name__}-{kind}")
    for session, kinds in (
        (Chat(), ("anthropic", "gemini", "bedrock")),
        (Messages(), ("openai", "gemini", "bedrock")),
        (Responses(), ("anthropic", "gemini", "bedrock")),
    )
    for kind in kinds
]


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize(("session", "kind"), ELSEWHERE)
def test_it_works(
    echo_account: Account, provider: MockProvider, session: Session, kind: str, stream: bool
) -> None:
    route_to(echo_account, "*", {"provider": provider_at(echo_account, provider, "there", kind=kind)})
    provider.script(READS, ANSWERS)
    told = session.ask(echo_account, stream=stream)

    assert (told.text, told.calls) == ("I look. It was worker 1.", ())
    assert told.ending == session.over
    assert told.input_tokens == 2_400
    assert len(provider.requests) == 2
    trace = echo_account.trace(told.trace_id)
    assert trace["tokens_saved"] > 0
    assert [read["found"] for read in trace["read_backs"]] == [True]
