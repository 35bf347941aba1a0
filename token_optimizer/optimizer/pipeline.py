"""The ordered stages, and the one loop over them.

The loop compares blocks by id around every stage and writes fates and reasons itself, so a stage cannot
misreport. A stage that breaks leaves the prompt as it was and is reported as `failed`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import uuid_utils.compat

from token_optimizer.config import OptimizerConfig
from token_optimizer.dialects.bodies import conversation_key, detect_dialect, has_answers
from token_optimizer.errors import NotShort, StageError, StageSkipped
from token_optimizer.masking.bodies import masked_body
from token_optimizer.masking.masker import placeholder_key
from token_optimizer.models import (
    NO_PREFIX,
    NOTHING_PARSED,
    Block,
    CutBlock,
    Dialect,
    Kind,
    OptimizationResult,
    OptimizationStats,
    Prompt,
    StageReport,
)
from token_optimizer.optimizer.attempts import Attempt, Attempts
from token_optimizer.optimizer.budget import check_budget, hard_budget
from token_optimizer.optimizer.compression.precompression_candidates import texts_to_precompress
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import (
    Stage,
    counted,
    from_first_change,
    same_blocks,
    with_blocks,
)
from token_optimizer.optimizer.contract.trace import Ledger, block_texts
from token_optimizer.optimizer.conversation.history import ConversationHistory, remember_output
from token_optimizer.optimizer.conversation.keys import conversation_salt
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.formats.framing import framed
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.markers import are_in_place, with_true_references, with_unique_handles
from token_optimizer.optimizer.reading_back.cuts import Cuts
from token_optimizer.optimizer.reading_back.extras import BodyExtras, can_read_back
from token_optimizer.optimizer.reading_back.originals import reader_of
from token_optimizer.optimizer.reading_back.re_reads import re_reads, repeated_calls
from token_optimizer.optimizer.reading_back.tool import without_tool
from token_optimizer.optimizer.report.stats import stats_of
from token_optimizer.optimizer.report.told_later import goes_as_it_came, told_later
from token_optimizer.optimizer.report.why_not import why_not
from token_optimizer.optimizer.retrieval.lookup import look_up
from token_optimizer.optimizer.retrieval.stats import add_retrieval_stats
from token_optimizer.optimizer.stages import (
    compress,
    oldest,
    passages,
    restore,
    results,
    retrieval,
    semantic,
    target,
)
from token_optimizer.optimizer.stages.heuristics import (
    dedupe,
    json,
    junk,
    logs,
    numbers,
    tools,
    turns,
    whitespace,
)
from token_optimizer.optimizer.windows import within_window
from token_optimizer.ports import NO_PORTS, Ports
from token_optimizer.prompt_cache.rules import CacheRules, cache_rules
from token_optimizer.prompt_cache.segments import NO_SEGMENTS, leading_segments, whole_segments
from token_optimizer.runtime.garbage import collector_paused
from token_optimizer.runtime.latency import Latency
from token_optimizer.tokens.counts import load_counts

log = logging.getLogger(__name__)

# What `optimize` has sent, apart for every api_key and config.
DEFAULT_MEMORY = InProcessMemory()
STRICT_VARIABLE = "TOKEN_OPTIMIZER_STRICT"
# Names of models come from requests, and stand in caches.
_MAX_MODEL_CHARS = 200

STAGES = (
    turns.STAGE,
    restore.STAGE,
    junk.STAGE,
    numbers.STAGE,
    whitespace.STAGE,
    dedupe.STAGE,
    json.STAGE,
    tools.STAGE,
    retrieval.STAGE,
    logs.STAGE,
    semantic.STAGE,
    passages.STAGE,
    target.STAGE,
    results.STAGE,
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
    config = config or OptimizerConfig.preset("balanced")
    masker = config.masker(placeholder_key(config.api_key))
    if masker is not None:
        body = masked_body(body, masker)
        beside = masked_body({"documents": documents, "query": query}, masker)
        documents, query = beside["documents"], beside["query"]
    result = optimize_body(
        body,
        dialect,
        config=config,
        documents=documents,
        query=query,
        budget_tokens=budget_tokens,
        ports=Ports(memory=DEFAULT_MEMORY),
    )
    salt = conversation_salt(config, budget_tokens, config.target_model, reads_back=result.reads_back)
    output = without_tool(result.body)
    remember_output(DEFAULT_MEMORY, output, dialect, salt, query or "", result.stats.conversation)
    if result.reads_back:
        result.stats.reader = reader_of(result, body, dialect)
    result.stats.tools = result.body.get("tools")
    result.stats.placeholders = masker.mapping() if masker else {}
    return result.body[key], result.stats


@collector_paused()
def optimize_body(
    body: Mapping[str, Any],
    dialect: Dialect,
    *,
    config: OptimizerConfig,
    documents: Sequence[Mapping[str, Any]] | None = None,
    query: str | None = None,
    budget_tokens: int | None = None,
    ports: Ports = NO_PORTS,
) -> OptimizationResult:
    """Optimize a whole request body; all that is no text of the prompt stays as it came.

    `budget_tokens` is the request's own hard budget and overrides the config's `max_input_tokens`; without
    both the model's window holds. Raises PromptError where the body is no prompt, ConfigError for a budget
    that is no number of tokens.
    """
    started = perf_counter()
    check_budget(budget_tokens)
    context = _context(body, dialect, config, query, budget_tokens, ports)
    if context.show_handles:
        body = without_tool(body)
    trace_id = ports.trace_id or str(uuid_utils.compat.uuid7())
    request = _Request(body, dialect, context, documents, query, budget_tokens, trace_id, ports)
    result = _result(request)
    result.stats.latency_ms = (perf_counter() - started) * 1000
    return result


@dataclass(frozen=True, slots=True)
class _Request:
    """What `optimize_body` is given."""

    body: Mapping[str, Any]
    dialect: Dialect
    context: Context
    documents: Sequence[Mapping[str, Any]] | None
    query: str | None
    budget_tokens: int | None
    trace_id: str
    ports: Ports

    def history(self) -> ConversationHistory:
        """What was sent of the conversation before."""
        context, ports = self.context, self.ports
        salt = conversation_salt(
            context.config, self.budget_tokens, context.model, ports.secret, reads_back=context.show_handles
        )
        asked = (self.query or "") + (context.found.version if context.found else "")
        return ConversationHistory.find(
            ports.memory,
            self.body,
            self.dialect,
            salt,
            asked,
            ports.max_new_bytes,
            may_branch=ports.may_branch,
        )

    def prompt(self, history: ConversationHistory = ConversationHistory()) -> Prompt:
        """The body as blocks."""
        context = self.context
        original = canonicalize(
            self.body,
            self.dialect,
            documents=self.documents,
            query=self.query,
            parsed=NOTHING_PARSED if self.documents else history.parsed,
            count=context.count,
            count_media=context.count_media,
        )
        came = NO_PREFIX if self.documents else history.prefix.frozen
        return framed(original, original.body, context.count, context.counter, came)


def _result(request: _Request) -> OptimizationResult:
    """What goes out, at once where neither a stage nor the memory has a say in that."""
    ports = request.ports
    if not ports.tells_later or ports.with_texts or has_answers(request.body, request.dialect):
        return _optimized(request)
    prompt = request.prompt()
    later = partial(_optimized, request, prompt)
    return (
        told_later(prompt, request.trace_id, later) if goes_as_it_came(prompt, request.context) else later()
    )


def _optimized(request: _Request, first_turn: Prompt | None = None) -> OptimizationResult:
    """What the stages make of the prompt; `first_turn` is it as read without an earlier one."""
    history, ports, trace_id = request.history(), request.ports, request.trace_id
    is_read = first_turn is not None and not history.prefix.sent
    original = first_turn if first_turn is not None and is_read else request.prompt(history)
    history = history.around(original.documents_at)
    context, window_reports = within_window(original, request.context)
    extras = BodyExtras.of(history, original, context)
    attempt = _best(Attempts(original, history, extras.beside(context), run_stages))
    sent, added = extras.added_to(attempt)
    stats = stats_of(attempt, history.prefix, context, trace_id, added)
    stats.conversation = history.conversation(trace_id)
    stats.stages = [*window_reports, *stats.stages, *extras.reports()]
    stats.compacted = stats.compacted or bool(extras.earlier.left_out)
    add_retrieval_stats(stats, context.found)
    if context.config.enable_caching and history.is_exact and not stats.compacted:
        stats.cache_hit, stats.route = True, "cache"
    if stats.tokens_saved <= 0:
        stats.why_not = why_not(attempt, stats, context.config, is_exact=history.is_exact)
    cuts = _charged_cuts(original, attempt, history, context, stats)
    rules = ports.facts.cache_rules or cache_rules(context.model)
    remember = partial(_remember, original, request.body, attempt, history, rules, ports, stats)
    if not ports.remembers_later:
        remember()
    return OptimizationResult(
        sent,
        stats,
        attempt.changed or original.documents_at is not None or bool(added),
        texts_to_precompress(attempt.after, context),
        reads_back=context.show_handles,
        cuts=cuts,
        earlier_reads=extras.earlier.sent,
        read_key=extras.earlier.key,
        texts=block_texts(attempt.original, attempt.after) if ports.with_texts else {},
        remember=remember if ports.remembers_later else None,
    )


def _remember(
    original: Prompt,
    body: Mapping[str, Any],
    attempt: Attempt,
    history: ConversationHistory,
    rules: CacheRules,
    ports: Ports,
    stats: OptimizationStats,
) -> None:
    """Remember what is sent, and, where they are asked for, tell the segments of the prompt as it came."""
    segments = NO_SEGMENTS
    if ports.with_segments:
        before, marked = history.prefix.segments, history.marked
        segments = leading_segments(original, body, original.dialect, rules, ports.secret, before, marked)
        stats.segments = whole_segments(segments, original, body, rules)
    compacted = attempt.compaction is not None
    history.write(attempt.original, attempt.after, attempt.ledger, compacted, stats.conversation, segments)


def _best(attempts: Attempts) -> Attempt:
    """The best attempt. NotShort, with the keys of the conversation, where to find it takes long."""
    try:
        return attempts.best()
    except NotShort as error:
        raise NotShort(str(error), attempts.history.keys) from None


def _charged_cuts(
    original: Prompt,
    attempt: Attempt,
    history: ConversationHistory,
    context: Context,
    stats: OptimizationStats,
) -> Sequence[CutBlock]:
    """What is missing of the original, where the model may read it back; calls of tools that came again after
    a cut are charged to its rule."""
    repeats = repeated_calls(original, len(history.known))
    cuts = Cuts(attempt, history, STAGES)
    if repeats:
        for report in re_reads(repeats, original, attempt.after, cuts):
            stats.note_re_read(report)
    return cuts if context.show_handles else ()


def _context(
    body: Mapping[str, Any],
    dialect: Dialect,
    config: OptimizerConfig,
    query: str | None,
    budget_tokens: int | None,
    ports: Ports,
) -> Context:
    model = str(body.get("model") or config.target_model)[:_MAX_MODEL_CHARS]
    # Which is not the request's time.
    load_counts(model)
    latency = ports.latency or Latency(config.max_latency_ms)
    budget = hard_budget(config, budget_tokens)
    found = ports.found or look_up(ports.retriever, body, dialect, config, query)
    return Context(
        config,
        model,
        budget,
        hard_tokens=budget,
        precompressions=ports.precompressions,
        latency=latency,
        found=found,
        show_handles=can_read_back(body, dialect, config, budget, is_answered=ports.answers_read_back),
        facts=ports.facts,
        only_short=ports.max_new_bytes is not None,
    )


def run_stages(prompt: Prompt, context: Context, ledger: Ledger) -> Prompt:
    """The prompt after all stages, in order."""
    for stage in STAGES:
        prompt = _run_stage(stage, prompt, context, ledger)
    return _with_true_markers(prompt, context)


def _with_true_markers(prompt: Prompt, context: Context) -> Prompt:
    """The prompt with no reference to what was cut since, and no handle in two markers; a text that this
    changes is counted anew."""
    # What was sent before stands as it was sent.
    if not any(block.markers and not block.frozen for block in prompt.rest):
        return prompt
    blocks = list(with_unique_handles(with_true_references(prompt.blocks, context.show_handles)))
    changed = [at for at, (new, old) in enumerate(zip(blocks, prompt.blocks, strict=True)) if new is not old]
    if not changed:
        return prompt
    for at, tokens in zip(changed, context.count([blocks[at].text for at in changed]), strict=True):
        blocks[at] = blocks[at].but(tokens=tokens)
    return with_blocks(prompt, blocks)


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
        ledger.reports.append(StageReport(stage.name, "skipped", spent, 0, str(error), why_not=error.why_not))
        return prompt
    except NotShort:
        raise
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


def _check_contract(stage: Stage, before: Sequence[Block], after: Sequence[Block]) -> None:
    """A stage must leave verbatim blocks alone and keep what must be kept."""
    left = {block.id: block for block in after}
    if len(left) != len(after):
        raise StageError(f"stage {stage.name} made two blocks of one id")
    for block in before:
        now = left.get(block.id)
        if now is block:
            continue
        if now is None and block.must_keep and block.kind is not Kind.SCHEMA:
            raise StageError(f"stage {stage.name} dropped the must-keep block {block.id}")
        if now is not None and block.verbatim and now.content != block.content:
            raise StageError(f"stage {stage.name} rewrote the verbatim block {block.id}")
    for block in after:
        if block.markers and not are_in_place(block):
            raise StageError(f"stage {stage.name} lost the place of a marker in block {block.id}")
