"""How a provider answered of late: counted by gateways in Valkey, minute by minute, and read for people.

What is counted is the way to the first byte of an answer; nothing here stands in a request's way.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from optimizer_app.background.valkey import traffic_client
from optimizer_app.providers.breaker import SCRIPTS, Circuit, circuit_key, circuit_of
from optimizer_app.valkey.clients import SyncValkey
from optimizer_app.valkey.cluster import VALKEY_ERRORS

MINUTES = 15
MAX_FAILURES = 5
KEPT_SECONDS = 24 * 3600
COUNTED = ("requests", "failures", "ms")


@dataclass(frozen=True, slots=True)
class Failure:
    """One request that the provider failed: the status that it answered, or why it did not answer."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Health:
    """The last `MINUTES` of a provider. `first_byte_ms` is the mean; None where it was not asked."""

    circuit: Circuit
    requests: int = 0
    failures: int = 0
    first_byte_ms: float | None = None
    last_failures: Sequence[Failure] = ()

    @property
    def failure_share(self) -> float | None:
        return self.failures / self.requests if self.requests else None


def minute_key(provider_id: uuid.UUID, minute: int) -> str:
    return f"health:{{{provider_id}}}:{minute}"


def failures_key(provider_id: uuid.UUID) -> str:
    return f"health:{{{provider_id}}}:failures"


def failure_as_text(at: float, why: str) -> str:
    return json.dumps([at, why])


def health_of(provider_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Health]:
    """How each of them is; empty where Valkey, which counts it, does not answer."""
    try:
        with traffic_client() as client:
            return {provider_id: _health(client, provider_id) for provider_id in provider_ids}
    except VALKEY_ERRORS:
        return {}


def circuits_of(client: SyncValkey, provider_ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Circuit]:
    """The circuit of each of them."""
    pipe = client.pipeline(transaction=False)
    for provider_id in provider_ids:
        pipe.execute_command("EVAL", SCRIPTS["look"], 1, circuit_key(provider_id))
    return dict(zip(provider_ids, map(circuit_of, pipe.execute()), strict=True))


def _health(client: SyncValkey, provider_id: uuid.UUID) -> Health:
    now = int(time.time()) // 60
    pipe = client.pipeline(transaction=False)
    for minute in range(now - MINUTES + 1, now + 1):
        pipe.hmget(minute_key(provider_id, minute), COUNTED)
    pipe.lrange(failures_key(provider_id), 0, MAX_FAILURES - 1)
    pipe.execute_command("EVAL", SCRIPTS["look"], 1, circuit_key(provider_id))
    *minutes, failures, circuit = pipe.execute()
    requests, failed, milliseconds = (
        sum(float(minute[place] or 0) for minute in minutes) for place in range(len(COUNTED))
    )
    answered = requests - failed
    return Health(
        circuit_of(circuit),
        int(requests),
        int(failed),
        milliseconds / answered if answered else None,
        [_failure(text) for text in failures],
    )


def _failure(text: str) -> Failure:
    at, why = json.loads(text)
    return Failure(datetime.fromtimestamp(at, UTC), why)
