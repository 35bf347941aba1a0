"""Runs each client twice, straight and through the gateway, and compares the two."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients.client import Address, Client, Run
from benchmarks.clients.comparison import Comparison, compare
from benchmarks.clients.environments import NotInstalled
from benchmarks.clients.servers.gateway import PROVIDER_KEY, running_gateway
from benchmarks.clients.servers.provider import Provider
from benchmarks.clients.servers.recorder import Recorder
from benchmarks.clients.servers.records import save


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a client. `trouble` says why there is no comparison."""

    name: str
    version: str
    same_result: bool = False
    comparison: Comparison | None = None
    trouble: str = ""


class Failed(Exception):
    """A client ended with an error; the message is the last line that it printed."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The servers of the benchmark, and the folder for environments and records."""

    provider: Provider
    recorder: Recorder
    key: str
    folder: Path


async def run_clients(clients: Sequence[Client], folder: Path) -> list[Outcome]:
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    async with (
        Provider() as provider,
        Recorder() as recorder,
        running_gateway(provider.origin, folder / "logs/gateway.log") as gateway,
    ):
        recorder.target = gateway.origin
        setting = Setting(provider, recorder, gateway.key, folder)
        return [await outcome_of(client, setting) for client in clients]


async def outcome_of(client: Client, setting: Setting) -> Outcome:
    environment = setting.folder / "environments" / client.environment.name
    version = ""
    try:
        await asyncio.to_thread(client.environment.install, environment)
        version = await asyncio.to_thread(client.environment.version, environment)
        straight = await _result(client, environment, setting, Address(setting.provider.origin, PROVIDER_KEY))
        uncompressed = setting.provider.bodies
        optimized = await _result(client, environment, setting, Address(setting.recorder.origin, setting.key))
    except (NotInstalled, Failed) as error:
        return Outcome(client.name, version, trouble=str(error))
    records = setting.folder / "records" / _file_name(client)
    records.mkdir(parents=True, exist_ok=True)
    sent = uncompressed if client.asks_compressor else setting.recorder.bodies
    save(sent, records / "sent.jsonl")
    save(setting.provider.bodies, records / "received.jsonl")
    found = compare(sent, setting.provider.bodies)
    return Outcome(client.name, version, straight == optimized, found)


async def _result(client: Client, environment: Path, setting: Setting, address: Address) -> str:
    """What the client came to in one session; the records hold that session alone."""
    setting.provider.script = client.script
    setting.provider.bodies, setting.recorder.bodies = [], []
    work = setting.folder / "work" / _file_name(client)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    run = Run(environment, work, address)
    client.prepare(run)
    printed = await _printed(client, run, setting.folder / "logs" / f"{_file_name(client)}.log")
    if not setting.provider.bodies:
        raise Failed("the client sent no request")
    return client.result(printed, run)


async def _printed(client: Client, run: Run, log: Path) -> str:
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *client.command(run),
            cwd=run.work,
            env={**_environment(run.work), **client.variables(run)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
        try:
            printed, _ = await asyncio.wait_for(process.communicate(), client.max_seconds)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise Failed(f"the client did not end within {client.max_seconds} s") from None
        errors.write(printed)
    if process.returncode:
        raise Failed(f"the client ended with {process.returncode}: {_last_line(log)}")
    return printed.decode()


def _environment(home: Path) -> dict[str, str]:
    """Nothing of this user's settings, and no key but the benchmark's."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it printed nothing"


def _file_name(client: Client) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in client.name.lower())
