"""Which pieces go out together, and when."""

from __future__ import annotations

import asyncio

from optimizer_app.gathered_writes import GatheredWrites


class _Sent(asyncio.WriteTransport):
    """Notes what is sent by each call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes] = []
        self._is_closing = False

    def writelines(self, pieces: list[bytes]) -> None:
        self.calls.append(b"".join(pieces))

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True


async def test_what_is_written_in_one_turn_goes_out_together() -> None:
    sent = _Sent()
    gathered = GatheredWrites(sent)
    gathered.write(b"head ")
    gathered.write(b"body")
    assert sent.calls == []

    await asyncio.sleep(0)
    gathered.write(b"next")
    await asyncio.sleep(0)
    assert sent.calls == [b"head body", b"next"]


async def test_much_of_it_does_not_wait() -> None:
    sent = _Sent()
    GatheredWrites(sent).write(bytes(100_000))
    assert len(sent.calls) == 1


async def test_a_connection_closes_once_all_is_sent() -> None:
    sent = _Sent()
    gathered = GatheredWrites(sent)
    gathered.write(b"last")
    gathered.close()
    gathered.write(b"too late")
    await asyncio.sleep(0)

    assert gathered.is_closing()
    assert sent.calls == [b"last"]
