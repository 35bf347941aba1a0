"""Runs of the stages on one prompt: on its frozen prefix, anew as a compaction, and the fallbacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any

from token_optimizer.errors import NotShort
from token_optimizer.models import COMPRESS_STAGE, Kind, Prompt, StageReport
from token_optimizer.optimizer.contract.context import TURNS_BETWEEN, Context
from token_optimizer.optimizer.contract.stage import counted
from token_optimizer.optimizer.contract.trace import FROZEN, Ledger
from token_optimizer.optimizer.conversation.cache_prices import cache_prices
from token_optimizer.optimizer.conversation.compaction import (
    Compaction,
    coming_requests,
    is_due,
    requests_so_far,
)
from token_optimizer.optimizer.conversation.history import ConversationHistory
from token_optimizer.optimizer.conversation.prefix import frozen
from token_optimizer.optimizer.conversation.recurring_system import pays_whole, with_whole_system
from token_optimizer.optimizer.formats.framing import framed, unframed
from token_optimizer.optimizer.formats.rendering import render, slot_texts
from token_optimizer.optimizer.validate import alternation_faults, constraint_faults, structure_faults
from token_optimizer.ports import CachePrices
from token_optimizer.prompt_cache.rules import cache_rules

RunStages = Callable[[Prompt, Context, Ledger], Prompt]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of the stages from `start`, which stands on what was sent before: the prompt `after` it and its
    body.

    `faults` say why the run was given up, if it was; then the original is sent. `undone` says why it was made
    again without compression, `compaction` what it rewrote of what had been sent. `gone_messages` are those
    of the original that the body does not have.
    """

    original: Prompt
    start: Prompt
    after: Prompt
    body: dict[str, Any]
    changed: bool
    ledger: Ledger
    faults: tuple[str, ...] = ()
    compaction: Compaction | None = None
    undone: tuple[str, ...] = ()
    gone_messages: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Attempts:
    """The ways to optimize one prompt. `original` is the prompt as it came, and `run_stages` the pipeline's
    loop."""

    original: Prompt
    history: ConversationHistory
    context: Context
    run_stages: RunStages

    def best(self) -> Attempt:
        """The prompt on its frozen prefix; without it, which is a compaction, where it does not fit so, or
        where that is expected to be cheaper."""
        if not self.history.known:
            return self._run(self._opening_start(), self.context, Ledger())
        ledger = Ledger()
        start = self._frozen_start(ledger)
        turn = _context_of_turn(self.original, start, self.context)
        attempt = self._run(start, turn, ledger) if turn is not None else None
        attempt = None if attempt is not None and attempt.faults else attempt
        fits = attempt is not None and self.context.tokens_over(attempt.after) <= 0
        if attempt is not None and fits and not self._needs_room(attempt):
            # What is asked for again is answered alike; the next turn decides.
            return attempt if self.history.is_exact else self._cheaper(attempt)
        again = self._compaction(_context_of_compaction(self.original, self.context), start)
        if attempt is None:
            return again
        is_better = (fits and again.faults) or attempt.after.tokens <= again.after.tokens
        return attempt if is_better else again

    def _opening_start(self) -> Prompt:
        """The prompt of a new conversation, whose system text stays as it is where others have that, too, and
        the provider's cache makes it pay."""
        if not self.history.opening.recurs or self.context.tokens_over(self.original) > 0:
            return self.original
        rules = self.context.facts.cache_rules or cache_rules(self.context.model)
        gets_marks = self.context.config.provider_cache != "off"
        pays = pays_whole(self.original, self._cache_prices(), rules, gets_marks=gets_marks)
        return with_whole_system(self.original) if pays else self.original

    def _frozen_start(self, ledger: Ledger) -> Prompt:
        """The prompt that the stages begin with: what was sent before stands in it as it was sent."""
        started = perf_counter()
        prefix = self.history.prefix
        rest = prefix.rest(self.original)
        start = self._as_sent(rest)
        ledger.write(FROZEN, rest.blocks, start.blocks)
        start = start.but(blocks=(*prefix.frozen.sent, *start.blocks), prefix=prefix.frozen)
        if start.gone_messages:
            start = unframed(start, self.original)
        spent = (perf_counter() - started) * 1000
        ledger.reports.append(StageReport(FROZEN.name, "ran", spent, self.original.tokens - start.tokens))
        return start

    def _as_sent(self, rest: Prompt) -> Prompt:
        """What stands behind the prefix, as it was sent."""
        tools = self.history.prefix.closed_tools(self.original)
        if tools is None:
            return counted(frozen(rest, self.history.known), rest, self.context)
        *messages, framing = rest.blocks
        messages = messages[: -len(self.history.prefix.tools.came)]
        known = rest.but(blocks=(*messages, framing))
        start = counted(frozen(known, self.history.known), known, self.context)
        return start.but(blocks=(*start.blocks[:-1], *tools, framing))

    def _needs_room(self, attempt: Attempt) -> bool:
        """Whether what the question asks for had no room in a budget, and the last compaction is long
        enough ago."""
        is_short = attempt.after.lacks_room and self.context.budget_tokens is not None
        return is_short and requests_so_far(self.history.known) >= TURNS_BETWEEN

    def _cheaper(self, attempt: Attempt) -> Attempt:
        """The attempt, or a compaction where one is due and its saving is expected to exceed its cost."""
        requests = requests_so_far(self.history.known)
        prices = self._cache_prices() if is_due(requests) else None
        if prices is None:
            return attempt
        again = self._compaction(self.context, attempt.after)
        assert again.compaction is not None
        makes_room = _outgrew(self.original, self.context)
        pays = again.compaction.pays(coming_requests(requests), prices, makes_room=makes_room)
        return again if pays and not again.faults else attempt

    def _compaction(self, context: Context, on_prefix: Prompt) -> Attempt:
        """The stages run on the prompt as it came, beside what stands `on_prefix`."""
        if context.only_short:
            raise NotShort("a compaction works on the whole prompt")
        started = perf_counter()
        again = self._run(self.original, context, Ledger())
        compaction = Compaction.between(on_prefix, again.after)
        report = compaction.text(self._cache_prices())
        spent = (perf_counter() - started) * 1000
        again.ledger.reports.append(StageReport("compaction", "ran", spent, 0, report))
        return replace(again, compaction=compaction)

    def _cache_prices(self) -> CachePrices | None:
        """The model's prices; None where none is known, or no cached input costs less than new."""
        own = self.context.facts.cache_prices
        if own is not None:
            return own if own.has_discount else None
        return cache_prices(self.context.model, self.original.dialect)

    def _run(self, start: Prompt, context: Context, ledger: Ledger) -> Attempt:
        """The stages run on `start`, and once more without compression where that broke the prompt."""
        original, unrun = self.original, ledger.copy()
        context = replace(context.aiming(start), original=original, tools_before=self.history.tools_before)
        after = self.run_stages(start, context, ledger)
        body, changed, silent = render(after, original)
        after = _without_reasoning_of(silent, after, ledger)
        known = self._known_messages(after, silent)
        faults = tuple(sorted(_faults(original, after, body, known, context.config.directive_keywords)))
        if faults and ledger.has_done(COMPRESS_STAGE):
            again = self._run(start, context.without_compression(), unrun)
            return replace(again, undone=faults)
        if faults:
            # Only the original is known to be what the provider takes.
            spent = Ledger(reports=ledger.reports)
            return Attempt(original, original, original, dict(original.body), False, spent, faults=faults)
        gone = after.gone_messages | silent
        after = framed(after, body, context.count, context.counter)
        return Attempt(original, start, after, body, changed, ledger, gone_messages=gone)

    def _known_messages(self, after: Prompt, silent: frozenset[int]) -> int:
        """How many messages the body begins with that an earlier turn sent, and checked."""
        prefix = self.history.prefix
        if not prefix.sent or after.prefix is not prefix.frozen:
            return 0
        count = len(prefix.sent)
        return count - sum(number < count for number in after.gone_messages | silent)


def _faults(
    original: Prompt, after: Prompt, body: dict[str, Any], known: int, keywords: Sequence[str]
) -> set[str]:
    """What is wrong with the body that is to be sent, of which so many messages were checked before; what was
    wrong when it came is the caller's own."""
    faults = structure_faults(body, original.dialect, known)
    if faults:
        faults = structure_faults(body, original.dialect) - structure_faults(original.body, original.dialect)
    faults |= alternation_faults(original.body, body, original.dialect)
    new = original.blocks[len(after.prefix.came) :]
    return faults | constraint_faults(new, partial(slot_texts, after), keywords)


def _without_reasoning_of(silent: frozenset[int], after: Prompt, ledger: Ledger) -> Prompt:
    """The prompt without what is counted of messages that went: reasoning goes with what it led to."""
    gone = [block.id for block in after.blocks if block.message in silent] if silent else []
    if not gone:
        return after
    ledger.stage.update(dict.fromkeys(gone, "junk"))
    ledger.reason.update(dict.fromkeys(gone, "nothing else is left of its message"))
    return after.but(blocks=tuple(block for block in after.blocks if block.id not in gone))


def _context_of_turn(original: Prompt, start: Prompt, context: Context) -> Context | None:
    """The context for new blocks on a frozen prefix; tighter where the conversation outgrew its budget."""
    if not _outgrew(original, context):
        return context
    if start.prefix.newest_turn < 0 and not any(block.frozen and block.turn >= 0 for block in start.rest):
        return context  # a system text that other conversations have, too
    bulk = sum(block.tokens for block in start.rest if not block.must_keep and not block.verbatim)
    return context.next_turn(start.tokens - bulk) if bulk else context


def _outgrew(original: Prompt, context: Context) -> bool:
    return context.budget_tokens is not None and original.tokens > context.budget_tokens


def _context_of_compaction(original: Prompt, context: Context) -> Context:
    if context.budget_tokens is None:
        return context
    spoken = {block.turn: 0 for block in original.blocks if block.turn >= 0}
    for block in original.blocks:
        # Bulk is cut to a turn's share of the room; what is said stays.
        if block.turn >= 0 and block.kind is Kind.PROSE and not block.tool_result:
            spoken[block.turn] += block.tokens
    return context.compacting(sum(spoken.values()) / max(1, len(spoken)))
