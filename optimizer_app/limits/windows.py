"""The last minute of a key or a project, and what of it runs now: counted in Valkey, so that it holds over
all workers and machines. Its clock counts, which is the same for all of them.

Requests and tokens are summed by seconds, and a sum reaches back over 60 of them. What runs is held by a
lease, which its worker renews: what a worker that died held is free again within `LEASE_SECONDS`. The names
of one project's counters share a slot of a cluster.

Tokens are reserved with what the answer is expected to have, so that those who ask at the same time do not
pass a bound together: as many as the holder's answers came to of late, but no more than the request lets the
model answer. What was reserved comes to what was billed when the request ends. Where nothing else was used in
the minute, a prompt needs no room for its answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum

from optimizer_app.limits.values import Limits

LEASE_SECONDS = 30
WINDOW_SECONDS = 60
# What an answer is expected to have before any was seen, and for how long it is known what they have.
FIRST_ANSWER_TOKENS = 256
_ANSWERS_KNOWN_SECONDS = 7 * 86_400
# Of what is known, an answer changes one part in so many.
_ANSWERS_INERTIA = 8
_NONE = -1
_COUNTERS = ("requests", "tokens", "running", "answers")

_CLOCK = """
local clock = redis.call('TIME')
local now = tonumber(clock[1])
local precise = now + tonumber(clock[2]) / 1000000
"""
# The sum of a window. Buckets that are over go, and those of a clock that was set back.
_SUM = """
local function seconds_of(key)
  local all, found = redis.call('HGETALL', key), {}
  for i = 1, #all, 2 do
    local at = tonumber(all[i])
    if at <= now - 60 or at > now + 1 then
      redis.call('HDEL', key, all[i])
    else
      found[#found + 1] = {at, tonumber(all[i + 1])}
    end
  end
  table.sort(found, function(a, b) return a[1] < b[1] end)
  return found
end
local function sum_of(found)
  local sum = 0
  for _, bucket in ipairs(found) do sum = sum + bucket[2] end
  return math.max(sum, 0)
end
-- Seconds until so much of the window is over that `more` fits in.
local function wait_for(found, more, limit)
  local sum = sum_of(found)
  for _, bucket in ipairs(found) do
    sum = sum - bucket[2]
    if sum + more <= limit then return math.max(bucket[1] + 60 - now, 1) end
  end
  return 60
end
local function running(key)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', precise)
  return redis.call('ZCARD', key)
end
"""
# What an answer is expected to have, of at most so many tokens where `most` is not negative.
_ANSWER = f"""
local function answer_tokens(key, most)
  local learned = math.ceil(tonumber(redis.call('GET', key) or {FIRST_ANSWER_TOKENS}))
  return most >= 0 and math.min(learned, most) or learned
end
local function has_room_for(sum, tokens, answer, limit)
  return sum + tokens + answer <= limit or (sum == 0 and tokens <= limit)
end
"""
# With what a prompt is expected to come to, which is reserved at once where there is room for it.
_ADMIT = f"""
{_CLOCK}{_SUM}{_ANSWER}
local member, lease, expected = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local has_room, answer = expected > 0, 0
for i = 1, #KEYS / 4 do
  local at = 3 + (i - 1) * 3
  local per_minute, tokens, at_once = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local key = (i - 1) * 4
  if per_minute >= 0 then
    local found = seconds_of(KEYS[key + 1])
    local sum = sum_of(found)
    if sum + 1 > per_minute then return {{i, 0, per_minute, sum, wait_for(found, 1, per_minute)}} end
  end
  if tokens >= 0 then
    local found = seconds_of(KEYS[key + 2])
    local sum = sum_of(found)
    if sum >= tokens then return {{i, 1, tokens, sum, wait_for(found, 1, tokens)}} end
    local more = answer_tokens(KEYS[key + 4], -1)
    answer = math.max(answer, more)
    if not has_room_for(sum, expected, more, tokens) then has_room = false end
  end
  if at_once >= 0 then
    local count = running(KEYS[key + 3])
    if count + 1 > at_once then return {{i, 2, at_once, count, 1}} end
  end
end
for i = 1, #KEYS / 4 do
  local key = (i - 1) * 4
  redis.call('HINCRBY', KEYS[key + 1], now, 1)
  redis.call('EXPIRE', KEYS[key + 1], 120)
  redis.call('ZADD', KEYS[key + 3], precise + lease, member)
  redis.call('EXPIRE', KEYS[key + 3], lease * 2)
  if has_room then
    redis.call('HINCRBY', KEYS[key + 2], now, expected + answer)
    redis.call('EXPIRE', KEYS[key + 2], 120)
  end
end
return {{0, has_room and now or 0, expected + answer}}
"""
_RESERVE = f"""
{_CLOCK}{_SUM}{_ANSWER}
local tokens, most, answer = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
for i = 1, #KEYS / 2 do
  local limit = tonumber(ARGV[2 + i])
  if limit >= 0 then
    local found = seconds_of(KEYS[2 * i - 1])
    local sum, more = sum_of(found), answer_tokens(KEYS[2 * i], most)
    if sum + tokens > limit then return {{i, 1, limit, sum, wait_for(found, tokens, limit)}} end
    -- What others expect of their answers is known better when they end, which is soon.
    if not has_room_for(sum, tokens, more, limit) then return {{i, 1, limit, sum, 1}} end
    answer = math.max(answer, more)
  end
end
for i = 1, #KEYS, 2 do
  redis.call('HINCRBY', KEYS[i], now, tokens + answer)
  redis.call('EXPIRE', KEYS[i], 120)
end
return {{0, now, tokens + answer}}
"""
# A prompt has fewer tokens than were reserved for it.
_RETURN = """
for i = 1, #KEYS do
  if redis.call('HEXISTS', KEYS[i], ARGV[2]) == 1 then
    redis.call('HINCRBY', KEYS[i], ARGV[2], -tonumber(ARGV[1]))
  end
end
"""
# A request has ended. What was reserved comes to what was billed: more is used now, and less was never used.
_END = f"""
{_CLOCK}
local member, more, reserved_at, answered = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for i = 1, #KEYS, 3 do
  redis.call('ZREM', KEYS[i + 1], member)
  if more > 0 then
    redis.call('HINCRBY', KEYS[i], now, more)
    redis.call('EXPIRE', KEYS[i], 120)
  elseif more < 0 and redis.call('HEXISTS', KEYS[i], reserved_at) == 1 then
    redis.call('HINCRBY', KEYS[i], reserved_at, more)
  end
  if answered >= 0 then
    local known = tonumber(redis.call('GET', KEYS[i + 2]) or answered)
    known = known + (answered - known) / {_ANSWERS_INERTIA}
    redis.call('SET', KEYS[i + 2], string.format('%.2f', known), 'EX', {_ANSWERS_KNOWN_SECONDS})
  end
end
"""
_RENEW = f"""
{_CLOCK}
for i = 1, #KEYS do
  redis.call('ZADD', KEYS[i], 'XX', precise + tonumber(ARGV[1]), ARGV[1 + i])
  redis.call('EXPIRE', KEYS[i], tonumber(ARGV[1]) * 2)
end
"""
_USE = f"""
{_CLOCK}{_SUM}
return {{sum_of(seconds_of(KEYS[1])), sum_of(seconds_of(KEYS[2])), running(KEYS[3])}}
"""
SCRIPTS = {
    "admit": _ADMIT,
    "reserve": _RESERVE,
    "return": _RETURN,
    "end": _END,
    "renew": _RENEW,
    "use": _USE,
}


class Counted(IntEnum):
    """What a bound counts."""

    REQUESTS = 0
    TOKENS = 1
    CONCURRENT = 2


# Where its keys have the name of what a holder's answers have.
ANSWERS = len(Counted)


@dataclass(frozen=True, slots=True)
class Holder:
    """A key or a project that is bounded. `name` is how it is spoken of: "this key". `spent_usd` is what was
    billed in its budget's period, as far as the traces say. `keys` are the names of its counters (requests,
    tokens, what runs) and of what its answers have, and `bounds` their bounds as the scripts take them."""

    name: str
    project_id: uuid.UUID
    id: uuid.UUID
    limits: Limits
    spent_usd: Decimal = Decimal(0)
    # Made once: every request of the holder names them.
    keys: Sequence[str] = field(init=False)
    bounds: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        stem = f"limits:{{{self.project_id}}}:{self.id}"
        object.__setattr__(self, "keys", tuple(f"{stem}:{name}" for name in _COUNTERS))
        bounds = tuple(_NONE if bound is None else bound for bound in self.limits.counted)
        object.__setattr__(self, "bounds", bounds)

    @property
    def budget_is_spent(self) -> bool:
        return self.limits.budget_usd is not None and self.spent_usd >= self.limits.budget_usd


@dataclass(frozen=True, slots=True)
class Exceeded:
    """The bound that a request would pass, and the seconds after which one could come again."""

    holder: Holder
    counted: Counted
    limit: int
    used: int
    retry_after_seconds: int


def exceeded(answer: Sequence[int], holders: Sequence[Holder]) -> Exceeded | None:
    """What a script says; None where it found room."""
    if answer[0] == 0:
        return None
    number, counted, limit, used, seconds = answer
    return Exceeded(holders[number - 1], Counted(counted), limit, used, seconds)
