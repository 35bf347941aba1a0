"""Headers that end at this hop."""

from __future__ import annotations

from gateway.callers.routing import ProviderRoute
from gateway.upstream.headers import answer_headers, request_headers

PROVIDER = ProviderRoute("p", "openai", "https://provider.example/v1", "sk", False, True)


def test_what_connection_names_goes_no_further() -> None:
    received = [("connection", "close, X-Hop"), ("x-hop", "1"), ("x-kept", "2")]
    sent = dict(request_headers(received, "tok_secret", PROVIDER, plain=True))
    assert "x-hop" not in sent
    assert sent["x-kept"] == "2"
    assert answer_headers([("Connection", "x-hop"), ("X-Hop", "1"), ("X-Kept", "2")], decoded=False) == [
        ("x-kept", "2")
    ]


def test_what_would_act_on_our_origin_is_dropped() -> None:
    received = [("Clear-Site-Data", "*"), ("Service-Worker-Allowed", "/"), ("X-Kept", "2")]
    assert answer_headers(received, decoded=False) == [("x-kept", "2")]
