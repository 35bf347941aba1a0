"""What only Bedrock has: signatures, Amazon's event streams, names of documents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gateway.errors import UpstreamFailed
from gateway.translation.pivot.events import Ended, Finished, TextDelta
from gateway.translation.providers.bedrock.answer import ConverseReader
from gateway.translation.providers.bedrock.media import DocumentNames
from tests.gateway.routes import provider_at, route_to
from tests.gateway.translation.conftest import Fleet
from tests.provider.mock_bedrock import encoded
from tests.provider.mock_provider import MockProvider

MODEL = "us.anthropic.claude-sonnet-5-v1:0"


@pytest.fixture
def bedrock() -> Iterator[MockProvider]:
    with MockProvider() as running:
        yield running


def test_a_request_is_signed_with_the_access_key(fleet: Fleet, bedrock: MockProvider) -> None:
    provider = provider_at(
        fleet.account, bedrock, "signed", kind="bedrock", region="eu-central-1", access_key_id="AKIAEXAMPLE"
    )
    route_to(fleet.account, MODEL, {"provider": provider})
    answer = fleet.account.post(
        "/v1/chat/completions", {"model": MODEL, "messages": [{"role": "user", "content": "Hi."}]}
    )
    received = bedrock.requests[0]

    assert answer.status_code == 200
    assert received.path == f"/model/{MODEL.replace(':', '%3A')}/converse"
    assert received.headers["authorization"] == signature_of(
        received.path, received.raw, received.headers, bedrock
    )
    assert "sk-of-signed" not in str(received.headers)


def signature_of(path: str, raw: bytes, headers: object, bedrock: MockProvider) -> str:
    """What Amazon makes of the request and the secret, at the time that the request names."""
    assert isinstance(headers, dict)
    request = AWSRequest("POST", bedrock.url + path, {"content-type": headers["content-type"]}, raw)
    request.headers["X-Amz-Date"] = request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials("AKIAEXAMPLE", "sk-of-signed"), "bedrock", "eu-central-1")
    canonical = signer.canonical_request(request)
    made = signer.signature(signer.string_to_sign(request, canonical), request)
    signer._inject_signature_to_request(request, made)
    return str(request.headers["Authorization"])


def test_a_key_of_bedrocks_own_needs_no_signature(fleet: Fleet) -> None:
    fleet.account.post(
        "/v1/chat/completions", {"model": "to-bedrock", "messages": [{"role": "user", "content": "Hi."}]}
    )

    assert fleet.providers["bedrock"].requests[0].headers["authorization"] == "Bearer sk-of-at-bedrock"


def test_events_come_in_any_pieces() -> None:
    stream = (
        encoded("messageStart", {"role": "assistant"})
        + encoded("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Four."}})
        + encoded("eventOfTomorrow", {"x": 1})
        + encoded("messageStop", {"stopReason": "end_turn"})
    )
    reader = ConverseReader()
    pieces = [stream[at : at + 7] for at in range(0, len(stream), 7)]
    events = [event for piece in pieces for event in reader.feed(piece)]

    assert events[1:] == [TextDelta("Four."), Finished("stop")]
    assert list(reader.end()) == [Ended()]


def test_a_broken_event_is_no_silent_end() -> None:
    broken = bytearray(encoded("contentBlockDelta", {"delta": {"text": "Four."}}))
    broken[-1] ^= 1
    with pytest.raises(UpstreamFailed, match="broken"):
        list(ConverseReader().feed(bytes(broken)))


def test_documents_have_names_of_their_own() -> None:
    names = DocumentNames()

    assert [names.name(wanted) for wanted in ("Q3 (final).pdf", "Q3 (final).pdf", "", "ä.pdf")] == [
        "Q3-(final)",
        "Q3-(final)-2",
        "document",
        "-",
    ]
