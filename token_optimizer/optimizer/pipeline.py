"""The ordered stages, and the one loop over them.

The loop compares blocks by id around every stage and writes fates and reasons itself, so a stage cannot
misreport. A stage that breaks leaves the prompt as it was and is reported as `failed`.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby, pairwise
from operator import attrgetter
from time import perf_counter
from typing import Any

import uuid_utils.compat

from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError, StageError, StageSkipped
from token_optimizer.models import (
    COMPRESS_STAGE,
    BlockFate,
    Dialect,
    Kind,
    OptimizationResult,
    OptimizationStats,
    Prompt,
    StageReport,
    mean_faithfulness,
)
from token_optimizer.optimizer.compression.precompressions import PrecompressionStore
from token_optimizer.optimizer.context import TURNS_BETWEEN, Context
from token_optimizer.optimizer.conversation.cache_prices import cache_prices
from token_optimizer.optimizer.conversation.compaction import Compaction, is_due, requests_so_far
from token_optimizer.optimizer.conversation.dropped_turns import unframed
from token_optimizer.optimizer.conversation.history import ConversationHistory
from token_optimizer.optimizer.conversation.parsed_prefix import EMPTY_PREFIX, ParsedPrefix
from token_optimizer.optimizer.conversation.prefix import (
    InProcessMemory,
    Memory,
    conversation_salt,
    frozen,
    frozen_ids,
)
from token_optimizer.optimizer.formats.dialects import conversation_key, detect_dialect, framing_tokens
from token_optimizer.optimizer.formats.reading import FRAMING_ID, canonicalize
from token_optimizer.optimizer.formats.rendering import render, slot_texts
from token_optimizer.optimizer.latency import Latency
from token_optimizer.optimizer.retrieval.found import Retriever
from token_optimizer.optimizer.retrieval.lookup import look_up
from token_optimizer.optimizer.retrieval.stats import add_retrieval_stats
from token_optimizer.optimizer.stages import (
    compress,
    dedupe,
    json,
    junk,
    logs,
    oldest,
    passages,
    restore,
    retrieval,
    semantic,
    tools,
    turns,
    whitespace,
)
from token_optimizer.optimizer.stages.base import Stage, counted, from_first_change, same_blocks
from token_optimizer.optimizer.stages.compress import texts_to_precompress
from token_optimizer.optimizer.trace import FROZEN, Ledger, block_fates
from token_optimizer.optimizer.validate import constraint_faults, structure_faults
from token_optimizer.tokens.counts import count_texts, is_estimate

log = logging.getLogger(__name__)

# What `optimize` has sent, apart for every api_key and config.
DEFAULT_MEMORY = InProcessMemory()
STRICT_VARIABLE = "TOKEN_OPTIMIZER_STRICT"

STAGES = (
    turns.STAGE,
    restore.STAGE,
    junk.STAGE,
    whitespace.STAGE,
    dedupe.STAGE,
    json.STAGE,
    tools.STAGE,
    retrieval.STAGE,
    logs.STAGE,
    semantic.STAGE,
    passages.STAGE,
    compress.STAGE,
    oldest.STAGE,
)


def optimize(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] | None = None,
    *,
    config: OptimizerConfig | None = None,
    documents: Sequence[Mapping[str, Any]] | None = None,
    query: str | None = None,
    budget_tokens: int | None = None,
) -> tuple[list[dict[str, Any]], OptimizationStats]:
    """The messages to send and what was done; `stats.tools` holds the tools to send.

    Messages of either dialect are taken. Without a config the preset `balanced` holds. `documents`
    ({title, text} each) are placed in a user message before the question. Nothing given is changed.
    Raises PromptError where the messages are no prompt.
    """
    given = messages if isinstance(messages, list) else list(messages)
    dialect = detect_dialect(given, tools)
    key = conversation_key(dialect)
    body: dict[str, Any] = {key: given}
    if tools:
        body["tools"] = list(tools)
    result = optimize_body(
        body,
        dialect,
        config=config or OptimizerConfig.preset("balanced"),
        documents=documents,
        query=query,
        budget_tokens=budget_tokens,
        memory=DEFAULT_MEMORY,
    )
    result.stats.tools = result.body.get("tools")
    return result.body[key], result.stats


def optimize_body(
    body: Mapping[str, Any],
    dialect: Dialect,
    *,
    config: OptimizerConfig,
    model: str | None = None,
    documents: Sequence[Mapping[str, Any]] | None = None,
    query: str | None = None,
    budget_tokens: int | None = None,
    trace_id: uuid.UUID | str | None = None,
    memory: Memory | None = None,
    secret: str = "",
    precompressions: PrecompressionStore | None = None,
    latency: Latency | None = None,
    retriever: Retriever | None = None,
) -> OptimizationResult:
    """Optimize a whole request body; all that is no text of the prompt stays as it came.

    `budget_tokens` is the request's own hard budget and overrides the config's `max_input_tokens`.
    `memory` knows what conversations were sent as; `secret` sets those of one owner apart from others'.
    `precompressions` has texts that were compressed in the background. `latency` is the time there is, which
    began already; `max_latency_ms` from now on where it is None.
    `retriever` finds passages of stored documents, where the config enables it.
    Raises PromptError where the body is no prompt, ConfigError for a budget that is no number of tokens.
    """
    started = perf_counter()
    check_budget(budget_tokens)
    model = model or str(body.get("model") or config.target_model)
    # The first count in a process reads a table for a second, which is not the request's time.
    count_texts([""], model)
    latency = latency or Latency(config.max_latency_ms)
    found = look_up(retriever, body, dialect, config, query)
    budget = _budget(config, budget_tokens)
    context = Context(
        config,
        model,
        budget,
        hard_tokens=budget,
        found=found,
        precompressions=precompressions,
        latency=latency,
    )

    def read(prefix: ParsedPrefix = EMPTY_PREFIX) -> Prompt:
        prompt = canonicalize(body, dialect, documents=documents, query=query, prefix=prefix)
        return _counted_prompt(prompt, prefix, context)

    salt = conversation_salt(config, budget_tokens, model, secret)
    past = ConversationHistory.find(
        memory, body, dialect, salt, (query or "") + (found.version if found else "")
    )
    original = read(EMPTY_PREFIX if documents else past.read)
    past = past.around(original.documents_at)
    attempt = _best_attempt(original, past, context, read)
    stats = _stats(attempt, past.read, context)
    # Before the blocks are closed.
    wanted = texts_to_precompress(attempt.after, context)
    add_retrieval_stats(stats, found)
    past.write(attempt.original, attempt.after, attempt.ledger, attempt.compaction is not None)
    stats.trace_id = str(trace_id or uuid_utils.compat.uuid7())
    if config.enable_caching and past.is_exact and not stats.compacted:
        stats.cache_hit, stats.route = True, "cache"
    stats.latency_ms = (perf_counter() - started) * 1000
    changed = attempt.changed or bool(documents)
    return OptimizationResult(attempt.body, stats, changed, wanted)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of the stages: on the prompt as it came, from `start`, which stands on what was sent before;
    the prompt and the body it gave, what a compaction rewrote, and why the run was given up if it was, or
    made again without compression."""

    original: Prompt
    start: Prompt
    after: Prompt
    body: dict[str, Any]
    changed: bool
    ledger: Ledger
    faults: tuple[str, ...] = ()
    compaction: Compaction | None = None
    undone: tuple[str, ...] = ()


def _best_attempt(
    original: Prompt, past: ConversationHistory, context: Context, read: Callable[[], Prompt]
) -> Attempt:
    """The prompt on its frozen prefix; without it, which is a compaction, where it does not fit so, or where
    that is expected to be cheaper.

    A compaction works on the prompt as it came, which is `read` anew: what is frozen in `original` is closed.
    """
    if not past.known:
        return _attempt(original, original, context, Ledger())
    ledger = Ledger()
    start = _start(original, past, context, ledger)
    turn = _context_of_turn(original, start, context)
    attempt = _attempt(original, start, turn, ledger) if turn is not None else None
    attempt = None if attempt is not None and attempt.faults else attempt
    fits = attempt is not None and context.tokens_over(attempt.after) <= 0
    if attempt is not None and fits and not _needs_room(attempt, past):
        # What is asked for again is answered alike; the next turn decides.
        return attempt if past.is_exact else _cheaper_attempt(attempt, past, context, read)
    again = _attempt_anew(read(), _context_of_compaction(original, context), start)
    if attempt is None:
        return again
    is_better = (fits and again.faults) or attempt.after.tokens <= again.after.tokens
    return attempt if is_better else again


def _needs_room(attempt: Attempt, past: ConversationHistory) -> bool:
    """Whether what the question asks for had no room, and the last compaction is long enough ago."""
    return attempt.after.lacks_room and requests_so_far(past.known) >= TURNS_BETWEEN


def _cheaper_attempt(
    attempt: Attempt, past: ConversationHistory, context: Context, read: Callable[[], Prompt]
) -> Attempt:
    """The attempt, or a compaction where one is due and its saving is expected to exceed its cost."""
    requests = requests_so_far(past.known)
    prices = cache_prices(context.model, attempt.after.dialect) if is_due(requests) else None
    if prices is None:
        return attempt
    again = _attempt_anew(read(), context, attempt.after)
    assert again.compaction is not None
    return again if not again.faults and again.compaction.pays(requests, prices) else attempt


def _attempt_anew(fresh: Prompt, context: Context, on_prefix: Prompt) -> Attempt:
    """The stages run on the prompt as it came, beside what stands `on_prefix`: a compaction."""
    started = perf_counter()
    again = _attempt(fresh, fresh, context, Ledger())
    compaction = Compaction.between(on_prefix, again.after)
    told = compaction.text(cache_prices(context.model, fresh.dialect))
    spent = (perf_counter() - started) * 1000
    again.ledger.reports.append(StageReport("compaction", "ran", spent, 0, told))
    return replace(again, compaction=compaction)


def _context_of_turn(original: Prompt, start: Prompt, context: Context) -> Context | None:
    """The context for new blocks on a frozen prefix; tighter where the conversation outgrew its budget."""
    if context.budget_tokens is None or original.tokens <= context.budget_tokens:
        return context
    if not any(block.frozen and block.turn >= 0 for block in start.blocks):
        return context  # a system text that other conversations have, too
    bulk = sum(block.tokens for block in start.blocks if not block.must_keep and not block.verbatim)
    return context.next_turn(start.tokens - bulk) if bulk else context


def _context_of_compaction(original: Prompt, context: Context) -> Context:
    if context.budget_tokens is None:
        return context
    spoken = {block.turn: 0 for block in original.blocks if block.turn >= 0}
    for block in original.blocks:
        # Bulk is cut to a turn's share of the room; what is said stays.
        if block.turn >= 0 and block.kind is Kind.PROSE and not block.tool_result:
            spoken[block.turn] += block.tokens
    return context.compacting(sum(spoken.values()) / max(1, len(spoken)))


def _attempt(original: Prompt, start: Prompt, context: Context, ledger: Ledger) -> Attempt:
    """The stages run on `start`, which is the original or stands on its frozen prefix."""
    unrun = ledger.copy()
    after = _run_stages(start, replace(context.aiming(start), original=original), ledger)
    body, changed, silent = render(after, original)
    after = _without_reasoning_of(silent, after, ledger)
    faults = structure_faults(body, original.dialect)
    # What was wrong when it came is the caller's own.
    faults -= structure_faults(original.body, original.dialect) if faults else set()
    faults |= constraint_faults(original.blocks, partial(slot_texts, after))
    reasons = tuple(sorted(faults))
    if faults and _compressed(ledger):
        again = _attempt(original, start, context.without_compression(), unrun)
        return replace(again, undone=reasons)
    if faults:
        # Only the original is known to be what the provider takes.
        spent = Ledger(reports=ledger.reports)
        return Attempt(original, original, original, dict(original.body), False, spent, faults=reasons)
    return Attempt(original, start, _framed(after, body, context), body, changed, ledger)


def _without_reasoning_of(silent: frozenset[int], after: Prompt, ledger: Ledger) -> Prompt:
    """The prompt without what is counted of messages that went: reasoning goes with what it led to."""
    gone = [block.id for block in after.blocks if block.metadata.get("message") in silent]
    if not gone:
        return after
    ledger.stage.update(dict.fromkeys(gone, "junk"))
    ledger.reason.update(dict.fromkeys(gone, "nothing else is left of its message"))
    return replace(after, blocks=tuple(block for block in after.blocks if block.id not in gone))


def _compressed(ledger: Ledger) -> bool:
    return COMPRESS_STAGE in ledger.stage.values()


def _start(original: Prompt, past: ConversationHistory, context: Context, ledger: Ledger) -> Prompt:
    """The prompt that the stages begin with: what was sent before stands in it as it was sent."""
    started = perf_counter()
    rest = past.read.rest(original)
    start = counted(frozen(rest, past.known), rest, context)
    ledger.write(FROZEN, rest, start)
    start = replace(start, blocks=(*past.read.sent_blocks, *start.blocks))
    if start.gone_messages:
        start = unframed(start, original)
    spent = (perf_counter() - started) * 1000
    ledger.reports.append(StageReport(FROZEN.name, "ran", spent, original.tokens - start.tokens))
    return start


def _stats(attempt: Attempt, read: ParsedPrefix, context: Context) -> OptimizationStats:
    original = attempt.original
    stats = OptimizationStats(
        trace_id="",
        tokens_before=original.tokens,
        tokens_after=attempt.after.tokens,
        route=_route(attempt),
        fallback_used=bool(attempt.faults or attempt.undone),
        fallback_reason=_fallback_reason(attempt),
        stages=attempt.ledger.reports,
        blocks=_fates(attempt, read),
        estimated=is_estimate(context.model),
        compacted=attempt.compaction is not None,
        recached_tokens=attempt.compaction.recached_tokens if attempt.compaction else 0,
    )
    if context.budget_tokens is not None and stats.tokens_after > context.budget_tokens:
        stats.over_budget = f"{stats.tokens_after} tokens are left of a budget of {context.budget_tokens}"
    stats.faithfulness_score = mean_faithfulness(stats.blocks)
    return stats


def _route(attempt: Attempt) -> str:
    """Which of the costly stages did something."""
    semantic = "+semantic" if attempt.after.meaning is not None else ""
    compression = "+compression" if _compressed(attempt.ledger) else ""
    return f"heuristic{semantic}{compression}" if semantic or compression else "heuristic_only"


def _fallback_reason(attempt: Attempt) -> str:
    if attempt.faults or not attempt.undone:
        return ", ".join(attempt.faults)
    return f"sent without compression: {', '.join(attempt.undone)}"


def _fates(attempt: Attempt, read: ParsedPrefix) -> list[BlockFate]:
    """The fate of every block; those of what an earlier turn read stand already."""
    if attempt.compaction is not None or not read.stands_in(attempt.after):
        read = EMPTY_PREFIX
    original, after = read.rest(attempt.original), read.sent_rest(attempt.after)
    ids = frozen_ids(original, read.sent_rest(attempt.start))
    return [*read.fates, *block_fates(original, after, attempt.ledger, ids)]


def check_budget(budget_tokens: int | None) -> None:
    """ConfigError unless the budget is None or a whole number of at least 1."""
    if budget_tokens is None:
        return
    if not isinstance(budget_tokens, int) or isinstance(budget_tokens, bool) or budget_tokens < 1:
        raise ConfigError(f"budget_tokens must be a whole number of at least 1, not {budget_tokens!r}")


def _budget(config: OptimizerConfig, request_tokens: int | None) -> int | None:
    if request_tokens is not None:
        return request_tokens
    if config.max_input_tokens is None:
        return None
    return max(0, config.max_input_tokens - config.safety_margin_tokens)


def _run_stages(prompt: Prompt, context: Context, ledger: Ledger) -> Prompt:
    for stage in STAGES:
        prompt = _run_stage(stage, prompt, context, ledger)
    return prompt


def _run_stage(stage: Stage, prompt: Prompt, context: Context, ledger: Ledger) -> Prompt:
    started = perf_counter()
    try:
        after = stage.run(prompt, context)
        if same_blocks(prompt, after):
            after = prompt
        else:
            after = counted(after, prompt, context)
            _check_contract(stage, *from_first_change(prompt, after))
    except StageSkipped as error:
        spent = (perf_counter() - started) * 1000
        ledger.reports.append(StageReport(stage.name, "skipped", spent, 0, str(error)))
        return prompt
    except Exception as error:
        if os.environ.get(STRICT_VARIABLE):
            raise
        # The type alone: a message could quote the prompt.
        name = type(error).__name__
        log.warning("stage %s failed: %s", stage.name, name)
        ledger.reports.append(StageReport(stage.name, "failed", (perf_counter() - started) * 1000, 0, name))
        return prompt
    if after is not prompt:
        ledger.write(stage, *from_first_change(prompt, after))
    spent = (perf_counter() - started) * 1000
    cut = 0 if after is prompt else prompt.tokens - after.tokens
    ledger.reports.append(StageReport(stage.name, "ran", spent, cut))
    return after


def _check_contract(stage: Stage, before: Prompt, after: Prompt) -> None:
    """A stage must leave verbatim blocks alone and keep what must be kept."""
    left = {block.id: block for block in after.blocks}
    if len(left) != len(after.blocks):
        raise StageError(f"stage {stage.name} made two blocks of one id")
    for block in before.blocks:
        now = left.get(block.id)
        if now is None and block.must_keep and block.kind is not Kind.SCHEMA:
            raise StageError(f"stage {stage.name} dropped the must-keep block {block.id}")
        if now is not None and block.verbatim and now.content != block.content:
            raise StageError(f"stage {stage.name} rewrote the verbatim block {block.id}")


def _counted_prompt(prompt: Prompt, read: ParsedPrefix, context: Context) -> Prompt:
    new = read.rest(prompt).blocks
    counts = context.count([block.content for block in new])
    for block, tokens in zip(new, counts, strict=True):
        # They were just made, and nobody else holds them.
        block.tokens = tokens
    return _framed(prompt, prompt.body, context)


def _framed(prompt: Prompt, body: Mapping[str, Any], context: Context) -> Prompt:
    """The prompt with its framing block counted, so that the blocks add up to the whole request exactly.

    Two blocks of one text can count a token more or less than the text does: the framing takes that up.
    """
    slots = [block.slot for block in prompt.blocks if block.slot is not None]
    split = {slot for slot, following in pairwise(slots) if slot == following}
    parts = [block for block in prompt.blocks if block.slot in split] if split else []
    texts = ["".join(block.content for block in group) for _, group in groupby(parts, attrgetter("slot"))]
    apart = sum(block.tokens for block in parts)
    tokens = framing_tokens(body, prompt.dialect) + sum(context.count(texts)) - apart
    blocks = list(prompt.blocks)
    at = next(at for at in range(len(blocks) - 1, -1, -1) if blocks[at].id == FRAMING_ID)
    blocks[at] = blocks[at].but(tokens=tokens)
    return replace(prompt, blocks=tuple(blocks))
