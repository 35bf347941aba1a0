"""The hints that one request gets for the provider's cache, where its client gave none.

Anthropic caches what is marked, and asks more for writing it: a conversation is marked from its second turn
on, tools and system text where they have come before, each for the lifetime that the gaps so far ask for.
OpenAI caches unasked: it is told which prompts begin alike, and, where writes are billed, where the
instructions end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from gateway.callers.auth import Caller
from gateway.provider_cache.recurrences import Recurrences
from gateway.requests.additions import Addition
from gateway.requests.prompt import PromptRequest
from optimizer_app.optimize.service import Optimized
from optimizer_app.provider_cache import openai_hints
from optimizer_app.provider_cache.breakpoints import Place, longest_first, turn_ends, with_breakpoints
from optimizer_app.provider_cache.costs import cache_costs
from optimizer_app.provider_cache.lifetimes import CacheCosts, Lifetime, Recurrence, lifetime_that_pays
from token_optimizer.prompt_cache.rules import CacheRules, cache_rules

_ANTHROPICS = b'"cache_control"'
_OPENAIS = (b'"prompt_cache_breakpoint"', b'"prompt_cache_options"')
_DIGEST_BYTES = 16
# Rather too few: a mark on too short a prefix costs nothing.
_BYTES_PER_TOKEN = 3


async def cache_hints(
    recurrences: Recurrences, caller: Caller, request: PromptRequest, result: Optimized
) -> list[Addition]:
    """What is added to the body; nothing where the config wants none, or the client takes care itself."""
    if request.named.config.provider_cache == "off" or request.unwritable:
        return []
    facts = caller.facts_of(request.model)
    costs = cache_costs(request.model, request.dialect, facts.cache_prices)
    rules = facts.cache_rules or cache_rules(request.model)
    if request.dialect != "anthropic":
        return _openai_hints(request, result, costs, rules, caller.hash_secret)
    caches_unasked = facts.cache_rules is not None and rules.implicit == "everywhere"
    if costs is None or caches_unasked or _ANTHROPICS in request.raw:
        return []
    lifetimes = await _lifetimes(recurrences, caller, result, costs, rules)
    return [_breakpoints(lifetimes)] if lifetimes else []


def _openai_hints(
    request: PromptRequest, result: Optimized, costs: CacheCosts | None, rules: CacheRules, secret: str
) -> list[Addition]:
    if result.stats.tokens_after < rules.min_tokens:
        return []
    hints = []
    if request.body.get(openai_hints.KEY) is None and (key := openai_hints.cache_key(result.body, secret)):
        hints.append(Addition(openai_hints.KEY, members={openai_hints.KEY: key}))
    may_be_marked = openai_hints.bills_writes(costs) and not any(mark in request.raw for mark in _OPENAIS)
    if may_be_marked and openai_hints.with_breakpoint(result.body):
        reports = [{"place": "system", "lifetime": "30m"}]
        hints.append(Addition(openai_hints.BREAKPOINT, rewrite=_with_breakpoint, breakpoints=reports))
    return hints


def _with_breakpoint(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return openai_hints.with_breakpoint(body) or body


def _breakpoints(lifetimes: Mapping[Place, Lifetime]) -> Addition:
    reports = [{"place": place.value, "lifetime": lifetime.value} for place, lifetime in lifetimes.items()]
    return Addition(
        "cache_control", rewrite=lambda body: with_breakpoints(body, lifetimes), breakpoints=reports
    )


async def _lifetimes(
    recurrences: Recurrences, caller: Caller, result: Optimized, costs: CacheCosts, rules: CacheRules
) -> dict[Place, Lifetime]:
    """The places to mark, in the order of the prompt, as far as marking them pays."""
    if result.stats.tokens_after < rules.min_tokens:
        return {}
    names = _names(result, caller.hash_secret, rules.min_tokens * _BYTES_PER_TOKEN)
    found = await recurrences.note(str(caller.project_id), list(names))
    known = dict(zip(names.values(), found, strict=True))
    places = _recurring_places(known, result)
    usual = rules.lifetime_seconds
    paying = {place: lifetime_that_pays(again, costs, usual) for place, again in places.items()}
    return longest_first({place: lifetime for place, lifetime in paying.items() if lifetime is not None})


def _recurring_places(known: Mapping[Place, Recurrence], result: Optimized) -> dict[Place, Recurrence]:
    """The places with what is known of the prefixes that end there."""
    places = {place: known[place] for place in (Place.TOOLS, Place.SYSTEM) if place in known}
    conversation = known.get(Place.NEWEST_TURN, Recurrence())
    ends = turn_ends(result.body.get("messages", ()))
    # Passages of stored documents stand before this question alone, and not in the next turn.
    if result.stats.tokens_retrieved:
        ends.pop(Place.NEWEST_TURN, None)
    return {**places, **dict.fromkeys(sorted(ends, key=list(Place).index), conversation)}


def _names(result: Optimized, secret: str, least_bytes: int) -> dict[str, Place]:
    """Names for the prefixes of a prompt that are long enough, each with the place at which it ends."""
    tools, system = (orjson.dumps(result.body.get(name)) for name in ("tools", "system"))
    model = str(result.body.get("model", "")).encode("utf-8", "replace")
    names = {}
    if len(tools) >= least_bytes:
        names[_digest(secret, model, tools)] = Place.TOOLS
    if len(system) > 4 and len(tools) + len(system) >= least_bytes:
        names[_digest(secret, model, tools, system)] = Place.SYSTEM
    if result.stats.conversation:
        names[result.stats.conversation] = Place.NEWEST_TURN
    return names


def _digest(secret: str, *parts: bytes) -> str:
    hashed = hashlib.blake2b(key=secret.encode()[:64], digest_size=_DIGEST_BYTES)
    for part in parts:
        hashed.update(b"%d:%s" % (len(part), part))
    return hashed.hexdigest()
