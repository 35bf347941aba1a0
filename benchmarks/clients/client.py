"""What the runner knows of a client: its packages, how it is started, what the provider answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.clients.environments import Environment
from benchmarks.clients.script import Script

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a client sends its requests: the origin without a path, and the key that it shows."""

    origin: str
    key: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a client: the folder of its environment, an empty folder to work in, the address."""

    environment: Path
    work: Path
    address: Address


@dataclass(frozen=True, slots=True)
class Client:
    """`command` and `variables` are made for each run. `prepare` fills the work folder before the start.

    `asks_compressor`: it is another gateway, which asks ours to compress and calls the model itself; what it
    sends is then compared with what it sends without.

    `result` takes from what the client printed, and from its work folder, what must be the same on both ways.
    """

    name: str
    environment: Environment
    script: Script
    command: Callable[[Run], list[str]]
    variables: Callable[[Run], Mapping[str, str]]
    result: Callable[[str, Run], str]
    prepare: Callable[[Run], None] = field(default=lambda run: None)
    max_seconds: int = 180
    asks_compressor: bool = False
