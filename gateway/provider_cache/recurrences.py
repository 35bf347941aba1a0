"""How often the beginnings of prompts come, and how soon again: learned in Valkey, over all workers.

Kept are hashes under the project's secret, each for the longest time that a provider's cache keeps anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.valkey import Valkey
from optimizer_app.provider_cache.lifetimes import Lifetime, Recurrence
from optimizer_app.valkey.clients import AsyncValkey

# Nothing that waits for the provider waits longer for what only makes it cheaper.
_MAX_WAIT_SECONDS = 0.25
_NOTE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local found = {}
for i = 1, #KEYS do
  local known = redis.call('HMGET', KEYS[i], 'times', 'at', 'gap')
  local times, gap = tonumber(known[1] or 0), 0
  if times > 0 then
    local newest = math.max(now - tonumber(known[2]), 0)
    gap = times == 1 and newest or (tonumber(known[3]) + newest) / 2
  end
  redis.call('HSET', KEYS[i], 'times', times + 1, 'at', string.format('%.3f', now),
    'gap', string.format('%.3f', gap))
  redis.call('EXPIRE', KEYS[i], ARGV[1])
  found[#found + 1] = {times, string.format('%.3f', gap)}
end
return found
"""


@dataclass(slots=True)
class Recurrences:
    """What one worker asks of them."""

    valkey: AsyncValkey
    _asking: Valkey = field(init=False)
    _note: Any = field(init=False)

    def __post_init__(self) -> None:
        self._asking = Valkey(self.valkey, "provider_cache_not_learned", _MAX_WAIT_SECONDS)
        self._note = self.valkey.register_script(_NOTE)

    async def note(self, project: str, names: Sequence[str]) -> list[Recurrence]:
        """How often each has come before now, which is noted; never, while Valkey does not answer."""
        keys = [f"provider_cache:{{{project}}}:{name}" for name in names]
        found = await self._asking.ask("note", lambda: self._note(keys, [Lifetime.HOUR.seconds]))
        if found is None:
            return [Recurrence()] * len(names)
        return [Recurrence(int(times), float(gap)) for times, gap in found]
