"""Nothing is read of who is not known, and nobody is waited for without end."""

from __future__ import annotations

import socket

from gateway.requests.in_flight import MAX_BYTES_OF, HeldBy
from tests.gateway.accounts import Account
from tests.patience import PATIENCE_SECONDS


def _answer(port: int, head: str) -> bytes:
    """What comes before the server hangs up, to a request whose body never comes."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_large_body_without_a_key_is_refused_unread(echo_account: Account) -> None:
    head = "POST /v1/ingest HTTP/1.1\nhost: x\ncontent-length: 60000000\n\n"
    answer = _answer(echo_account.server.port, head)
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"connection: close" in answer


def test_a_completion_without_a_key_is_refused_unread(echo_account: Account) -> None:
    head = "POST /v1/chat/completions HTTP/1.1\nhost: x\ncontent-length: 1000\n\n"
    assert _answer(echo_account.server.port, head).startswith(b"HTTP/1.1 401")


def test_a_head_without_end_is_refused(echo_account: Account) -> None:
    head = "GET /healthz HTTP/1.1\nhost: x\nx-a: " + "a" * 900_000
    try:
        answer = _answer(echo_account.server.port, head)
    except ConnectionError:  # it hung up while more was coming
        return
    assert answer.startswith(b"HTTP/1.1 431")


def test_a_lone_surrogate_in_the_model_of_an_off_request(echo_account: Account) -> None:
    raw = b'{"model":"a\\ud800","messages":[{"role":"user","content":"hi"}]}'
    answer = echo_account.post("/v1/chat/completions", data=raw, headers={"x-optimizer-mode": "off"})
    assert answer.status_code == 200


def test_bodies_are_let_go_with_their_requests(echo_account: Account) -> None:
    """Together they are more than one key may hold at a time."""
    body = b"x" * (MAX_BYTES_OF[HeldBy.KEY] // 4)
    for _ in range(5):
        assert echo_account.post("/v1/messages/count_tokens", data=body).status_code == 400
