"""Tags of a request: read, kept in its trace, and what requests are found by."""

from __future__ import annotations

import pytest

from gateway.errors import BadRequest
from gateway.requests.tags import MAX_TAGS, tags_in_header
from tests.gateway.accounts import Account
from tests.gateway.prompts import HI, MODEL


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("customer=acme,feature=search", {"customer": "acme", "feature": "search"}),
        (" customer = Acme & Co. , x.y-z_1= a=b ", {"customer": "Acme & Co.", "x.y-z_1": "a=b"}),
        ("a=1,a=2", {"a": "2"}),
        ("", {}),
    ],
)
def test_what_is_read(text: str, tags: dict[str, str]) -> None:
    assert tags_in_header({"x-optimizer-tags": text}) == tags


@pytest.mark.parametrize(
    "text",
    ["customer", "=acme", "customer=", "a b=c", "a=1,,b=2", "a=\x01", f"a={'x' * 61}", f"{'a' * 41}=1"],
)
def test_what_is_no_tag(text: str) -> None:
    with pytest.raises(BadRequest, match="must be name=value") as caught:
        tags_in_header({"x-optimizer-tags": text})
    assert caught.value.param == "x-optimizer-tags"


def test_too_many() -> None:
    text = ",".join(f"a{number}=1" for number in range(MAX_TAGS + 1))
    with pytest.raises(BadRequest, match="10 at most"):
        tags_in_header({"x-optimizer-tags": text})


def test_the_trace_has_them(echo_account: Account) -> None:
    sent = {"x-optimizer-tags": "customer=acme,feature=search"}
    answer = echo_account.post("/v1/chat/completions", {"model": MODEL, "messages": HI}, headers=sent)
    trace = echo_account.trace(answer.headers["x-optimizer-trace-id"])
    assert trace["tags"] == {"customer": "acme", "feature": "search"}
    refused = echo_account.post(
        "/v1/chat/completions", {"model": MODEL, "messages": HI}, headers={"x-optimizer-tags": "acme"}
    )
    assert refused.status_code == 400
    assert "'acme'" in refused.json()["error"]["message"]
