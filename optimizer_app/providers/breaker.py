"""Whether a provider is asked at all: its circuit, kept in Valkey for all workers and machines.

closed      it is asked; so many failures in a row, within a window, open the circuit
open        it is not asked for a while
half open   one request at a time tries whether it answers again: then it is closed, else open once more
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

FAILURES = 5
WINDOW_SECONDS = 30
OPEN_SECONDS = 30
# A request that tries and never says how it went, as its worker died.
_PROBE_SECONDS = 60
_FORGOTTEN_AFTER_SECONDS = 3600

State = Literal["closed", "open", "half open"]

_CLOCK = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local function number(field) return tonumber(redis.call('HGET', KEYS[1], field) or 0) end
local opened_at = number('opened_at')
"""
# 0 closed, 1 half open and this one may try, 2 open; then how many failed in a row, and the seconds to wait.
_ADMIT = f"""
{_CLOCK}
if opened_at == 0 then return {{0, number('failures'), 0}} end
local left = opened_at + {OPEN_SECONDS} - now
if left > 0 then return {{2, number('failures'), math.ceil(left)}} end
if number('probe_until') > now then return {{2, number('failures'), 1}} end
redis.call('HSET', KEYS[1], 'probe_until', now + {_PROBE_SECONDS})
return {{1, number('failures'), 0}}
"""
_LOOK = f"""
{_CLOCK}
if opened_at == 0 then return {{0, number('failures'), 0}} end
local left = opened_at + {OPEN_SECONDS} - now
return {{left > 0 and 2 or 1, number('failures'), math.max(math.ceil(left), 0)}}
"""
_FAILED = f"""
{_CLOCK}
local failures = 1
if opened_at == 0 and now - number('first_at') > {WINDOW_SECONDS} then
  redis.call('HSET', KEYS[1], 'first_at', now, 'failures', 1)
else
  failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
end
if (opened_at == 0 and failures >= {FAILURES}) or (opened_at > 0 and now >= opened_at + {OPEN_SECONDS}) then
  redis.call('HSET', KEYS[1], 'opened_at', now, 'probe_until', 0)
  opened_at = now
end
redis.call('EXPIRE', KEYS[1], {_FORGOTTEN_AFTER_SECONDS})
return opened_at > 0 and 2 or 0
"""
# What was sent before the circuit opened, and was answered since, does not close it.
_SUCCEEDED = f"""
{_CLOCK}
if opened_at == 0 or now >= opened_at + {OPEN_SECONDS} then redis.call('DEL', KEYS[1]) end
"""
SCRIPTS = {"admit": _ADMIT, "look": _LOOK, "failed": _FAILED, "succeeded": _SUCCEEDED}
CIRCUIT_STATES: Sequence[State] = ("closed", "half open", "open")


@dataclass(frozen=True, slots=True)
class Circuit:
    """`failures` in a row so far; `seconds_left` until somebody tries again."""

    state: State
    failures: int = 0
    seconds_left: int = 0


def circuit_of(answer: Sequence[Any]) -> Circuit:
    """What the scripts `admit` and `look` answer."""
    state, failures, seconds = map(int, answer)
    return Circuit(CIRCUIT_STATES[state], failures, seconds)


def circuit_key(provider_id: uuid.UUID) -> str:
    return f"circuit:{{{provider_id}}}"
