"""What somebody without a key or an account can make an instance spend.

    python -m benchmarks.hostile.strangers [NAME ...] [--connections N] [--seconds N]

For each thing that a stranger can do, so many connections of one address do it for so long. A row has the CPU
seconds of all processes of the instance, the memory and disk by which it grew at most, what was sent and
answered, and how long a request of a known key took at worst meanwhile. NAME is a part of a row's name.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.optimizer_app.instance.whole.running_instance import Instance, start_instance

_MB = 10**6
_CALM_CPU_SECONDS = 1.0
_HANG_UP = (OSError, EOFError, TimeoutError)
COLUMNS = ("by a stranger", "sent, MB", "answers", "CPU, s", "memory, MB", "disk, MB", "a key's request, s")
_HEAD = "{line} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}\r\n"


@dataclass(slots=True)
class Tally:
    """What went out, and how many answers came."""

    sent_bytes: int = 0
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    tally: Tally

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        self.tally.sent_bytes += len(data)

    async def answer(self) -> None:
        if await self.reader.read(65536):
            self.tally.answers += 1


def request(line: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """A request as bytes; with `length` one that promises more than it has."""
    heads = [*headers, f"content-length: {len(body) if length is None else length}"]
    return _HEAD.format(line=line, headers="".join(f"{head}\r\n" for head in heads)).encode() + body


async def half_heads(each: Connection) -> None:
    """A head whose end never comes."""
    for _ in range(1_000):
        await each.send(b"GET / HTTP/1.1\r\nx: " if not each.tally.sent_bytes else b"a")
        await asyncio.sleep(1)


async def large_bodies(each: Connection) -> None:
    """A completion of 60 MB without a key."""
    await each.send(request("POST /v1/chat/completions", b"x" * _MB, length=60 * _MB))
    for _ in range(59):
        await each.send(b"x" * _MB)


async def keys_in_bodies(each: Connection) -> None:
    """A megabyte of documents with a key that is none."""
    document = b'{"id":"x","content":"%s"}' % (b"a word " * 120_000)
    key = os.urandom(8).hex().encode()
    body = b'{"api_key":"tok_%s","documents":[%s]}' % (key, document)
    await each.send(request("POST /v1/ingest", body, "content-type: application/json"))
    await each.answer()


async def guessed_keys(each: Connection) -> None:
    await each.send(request("GET /v1/models", b"", f"x-api-key: tok_{os.urandom(8).hex()}"))
    await each.answer()


async def wrong_passwords(each: Connection) -> None:
    """Forms without a token against forgery, which are refused before any password is read."""
    body = f"username={os.urandom(4).hex()}&password=wrong".encode()
    kind = "content-type: application/x-www-form-urlencoded"
    await each.send(request("POST /login", body, kind))
    await each.answer()


async def passwords_with_tokens(each: Connection) -> None:
    """The same with one: what a browser would send."""
    token = "a" * 32
    body = f"csrfmiddlewaretoken={token}&username={os.urandom(4).hex()}&password=wrong".encode()
    kind = "content-type: application/x-www-form-urlencoded"
    await each.send(request("POST /login", body, kind, f"cookie: csrftoken={token}"))
    await each.answer()


async def uploads(each: Connection) -> None:
    """Files of 200 MB without a login."""
    kind = "content-type: multipart/form-data; boundary=x"
    await each.send(request("POST /documents/upload", b"x" * _MB, kind, length=200 * _MB))
    for _ in range(199):
        await each.send(b"x" * _MB)


async def forms(each: Connection) -> None:
    """Forms of ten megabytes."""
    await each.send(request("POST /login", b"x" * _MB, length=10 * _MB))
    for _ in range(9):
        await each.send(b"x" * _MB)
    await each.answer()


async def pages(each: Connection) -> None:
    await each.send(request("GET /login"))
    await each.answer()


async def sockets(each: Connection) -> None:
    upgrade = ("upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13")
    key, origin = "sec-websocket-key: MTIzNDU2Nzg5MDEyMzQ1Ng==", "origin: http://127.0.0.1"
    await each.send(request("GET /ws/live", b"", *upgrade, key, origin))
    await each.answer()


DEEDS: dict[str, Callable[[Connection], Awaitable[None]]] = {
    "half heads": half_heads,
    "bodies of 60 MB": large_bodies,
    "documents of 1 MB with a wrong key": keys_in_bodies,
    "guessed keys": guessed_keys,
    "wrong passwords": wrong_passwords,
    "wrong passwords with a form's token": passwords_with_tokens,
    "uploads of 200 MB": uploads,
    "forms of 10 MB": forms,
    "the login page": pages,
    "websockets": sockets,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each row")
    asked = parser.parse_args()
    deeds = {n: d for n, d in DEEDS.items() if not asked.names or any(part in n for part in asked.names)}
    print(f"{asked.connections} connections for {asked.seconds:g} s each; two web workers.\n")
    print("| " + " | ".join(COLUMNS) + " |\n| --- |" + " ---: |" * (len(COLUMNS) - 1))
    with tempfile.TemporaryDirectory(prefix="token-optimizer-strangers-") as folder:
        Path(folder).chmod(0o711)
        # This machine is no proxy here: it is the stranger.
        instance = start_instance(Path(folder), WEB_CONCURRENCY="2", OPTIMIZER_TRUSTED_PROXIES="192.0.2.1")
        try:
            instance.wait_until_up()
            _wait_until_calm(instance)
            for name, deed in deeds.items():
                row = asyncio.run(_row(instance, Path(folder), deed, asked.connections, asked.seconds))
                print(f"| {name} | {' | '.join(row)} |", flush=True)
        finally:
            instance.process.terminate()
            instance.process.wait()


async def _row(
    instance: Instance,
    folder: Path,
    deed: Callable[[Connection], Awaitable[None]],
    count: int,
    seconds: float,
) -> list[str]:
    tally, end = Tally(), time.monotonic() + seconds
    cpu, memory, disk = _cpu_seconds(instance), _memory(instance), _disk(folder)
    strangers = [asyncio.create_task(_again(instance.port, deed, tally, end)) for _ in range(count)]
    most_memory, most_disk, slowest = 0, 0, 0.0
    while time.monotonic() < end:
        slowest = max(slowest, await asyncio.to_thread(_known_request, instance))
        most_memory = max(most_memory, _memory(instance) - memory)
        most_disk = max(most_disk, _disk(folder) - disk)
        await asyncio.sleep(0.5)
    await asyncio.gather(*strangers)
    spent = _cpu_seconds(instance) - cpu
    sizes = (f"{size / _MB:.0f}" for size in (most_memory, most_disk))
    return [f"{tally.sent_bytes / _MB:,.0f}", f"{tally.answers:,}", f"{spent:.1f}", *sizes, f"{slowest:.2f}"]


async def _again(port: int, deed: Callable[[Connection], Awaitable[None]], tally: Tally, end: float) -> None:
    """Do it on one connection after the other, until the time is over."""
    while time.monotonic() < end:
        with suppress(*_HANG_UP):
            async with asyncio.timeout(max(0.0, end - time.monotonic())):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    await deed(Connection(reader, writer, tally))
                finally:
                    writer.close()


def _known_request(instance: Instance) -> float:
    """The seconds of a request with a key."""
    began = time.monotonic()
    asked = urllib.request.Request(f"{instance.url}/v1/models", headers={"x-api-key": instance.key})
    with urllib.request.urlopen(asked) as answer:
        answer.read()
    return time.monotonic() - began


def _wait_until_calm(instance: Instance) -> None:
    """Until what an instance starts last has started, too."""
    spent = -_CALM_CPU_SECONDS
    while (now := _cpu_seconds(instance)) - spent >= _CALM_CPU_SECONDS:
        spent = now
        time.sleep(5)


def _cpu_seconds(instance: Instance) -> float:
    spent = 0.0
    for process in instance.processes():
        with suppress(psutil.Error):
            times = process.cpu_times()
            spent += times.user + times.system
    return spent


def _memory(instance: Instance) -> int:
    held = 0
    for process in instance.processes():
        with suppress(psutil.Error):
            held += process.memory_full_info().pss
    return held


def _disk(folder: Path) -> int:
    """Files of the instance, and those that it has open elsewhere."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            size += path.stat().st_size if path.is_file() else 0
    return size


if __name__ == "__main__":
    main()
