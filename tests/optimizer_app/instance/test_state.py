"""Where an instance's servers listen."""

import socket

import pytest

from optimizer_app.instance import state


def test_a_port_that_something_listens_on_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, free = state.free_port(), state.free_port()
    monkeypatch.setattr(state, "_SERVER_PORTS", [taken, free])
    with socket.create_server((state.LOOPBACK, taken)):
        assert {state.free_port() for _ in range(20)} == {free}
