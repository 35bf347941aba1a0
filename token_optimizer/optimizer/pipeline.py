"""The ordered stages, and the one loop over them.

The loop compares blocks by id around every stage and writes fates and reasons itself, so a stage cannot
misreport. A stage that breaks leaves the prompt as it was and is reported as `failed`.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import uuid_utils.compat

from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError, StageError
from token_optimizer.models import (
    Block,
    BlockFate,
    BlockType,
    Dialect,
    Kind,
    OptimizationResult,
    OptimizationStats,
    Prompt,
    StageReport,
)
from token_optimizer.optimizer import stages
from token_optimizer.optimizer.canonicalize import FRAMING_ID, canonicalize, render, slot_texts
from token_optimizer.optimizer.context import Context
from token_optimizer.optimizer.dialects import detect_dialect, framing_tokens
from token_optimizer.optimizer.validate import constraint_faults, structure_faults
from token_optimizer.tokens import is_estimate

log = logging.getLogger(__name__)

STRICT_VARIABLE = "TOKEN_OPTIMIZER_STRICT"


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the pipeline: `reason` says what it does to a block, in the words of the trace."""

    name: str
    run: Callable[[Prompt, Context], Prompt]
    reason: str


STAGES = (
    Stage("turns", stages.protect_newest_turns, "one of the newest turns"),
    Stage("junk", stages.drop_junk, "says nothing"),
    Stage("whitespace", stages.squeeze, "spare whitespace and repeats taken out"),
    Stage("dedupe", stages.refer_to_repeats, "stands again later"),
    Stage("tools", stages.shorten_tool_schemas, "tool schema shortened"),
    Stage("json", stages.compact_json_texts, "JSON written in fewer tokens"),
    Stage("logs", stages.trim_long_logs, "log cut to errors, tail and what was asked"),
    Stage("passages", stages.choose_passages, "passages worth least left out to fit the budget"),
    Stage("oldest", stages.drop_oldest_turns, "oldest turns left out to fit the budget"),
)


@dataclass(slots=True)
class Ledger:
    """Which stage touched a block last, and why."""

    stage: dict[str, str] = field(default_factory=dict)
    reason: dict[str, str] = field(default_factory=dict)
    reports: list[StageReport] = field(default_factory=list)

    def write(self, stage: Stage, before: Prompt, after: Prompt) -> None:
        """Note every block that the stage dropped, rewrote or added."""
        left = {block.id: block for block in after.blocks}
        for block in before.blocks:
            now = left.pop(block.id, None)
            if now is None or now.content != block.content:
                self._note(block.id, stage, now)
        for block in left.values():
            self._note(block.id, stage, block)

    def _note(self, block_id: str, stage: Stage, now: Block | None) -> None:
        self.stage[block_id] = stage.name
        self.reason[block_id] = (
            f"{stage.reason}: {now.note}" if now is not None and now.note else stage.reason
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
    body: dict[str, Any] = {"messages": messages if isinstance(messages, list) else list(messages)}
    if tools:
        body["tools"] = list(tools)
    result = optimize_body(
        body,
        detect_dialect(body["messages"], tools),
        config=config or OptimizerConfig.preset("balanced"),
        documents=documents,
        query=query,
        budget_tokens=budget_tokens,
    )
    result.stats.tools = result.body.get("tools")
    return result.body["messages"], result.stats


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
) -> OptimizationResult:
    """Optimize a whole request body; all that is no text of the prompt stays as it came.

    `budget_tokens` is the request's own hard budget and overrides the config's `max_input_tokens`.
    Raises PromptError where the body is no prompt, ConfigError for a budget that is no number of tokens.
    """
    started = perf_counter()
    check_budget(budget_tokens)
    model = model or str(body.get("model") or config.target_model)
    context = Context(config, model, _budget(config, budget_tokens))
    original = _counted_prompt(canonicalize(body, dialect, documents=documents, query=query), context)
    ledger = Ledger()
    after = _run_stages(original, context, ledger)
    sent, changed = render(after, original)
    faults = structure_faults(sent, dialect) - structure_faults(original.body, dialect)
    faults |= constraint_faults(original.blocks, slot_texts(after))
    if faults:
        # Only the original is known to be what the provider takes.
        after, sent, changed = original, dict(original.body), False
    stats = _stats(original, _framed(after, sent, context), ledger, context)
    stats.trace_id = str(trace_id or uuid_utils.compat.uuid7())
    stats.fallback_used, stats.fallback_reason = bool(faults), ", ".join(sorted(faults))
    stats.latency_ms = (perf_counter() - started) * 1000
    return OptimizationResult(sent, stats, changed or bool(documents))


def _stats(original: Prompt, after: Prompt, ledger: Ledger, context: Context) -> OptimizationStats:
    stats = OptimizationStats(
        trace_id="",
        tokens_before=_tokens(original),
        tokens_after=_tokens(after),
        stages=ledger.reports,
        blocks=_fates(original, after, ledger),
        estimated=is_estimate(context.model),
    )
    if context.budget_tokens is not None and stats.tokens_after > context.budget_tokens:
        stats.over_budget = f"{stats.tokens_after} tokens are left of a budget of {context.budget_tokens}"
    return stats


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
    tokens = _tokens(prompt)
    try:
        after = stages.counted(stage.run(prompt, context), prompt, context)
        _check_contract(stage, prompt, after)
    except Exception as error:
        if os.environ.get(STRICT_VARIABLE):
            raise
        # The type alone: a message could quote the prompt.
        name = type(error).__name__
        log.warning("stage %s failed: %s", stage.name, name)
        ledger.reports.append(StageReport(stage.name, "failed", (perf_counter() - started) * 1000, 0, name))
        return prompt
    ledger.write(stage, prompt, after)
    spent = (perf_counter() - started) * 1000
    ledger.reports.append(StageReport(stage.name, "ran", spent, tokens - _tokens(after)))
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


def _tokens(prompt: Prompt) -> int:
    return sum(block.tokens for block in prompt.blocks)


def _counted_prompt(prompt: Prompt, context: Context) -> Prompt:
    counts = context.count([block.content for block in prompt.blocks])
    blocks = [replace(block, tokens=tokens) for block, tokens in zip(prompt.blocks, counts, strict=True)]
    return _framed(replace(prompt, blocks=tuple(blocks)), prompt.body, context)


def _framed(prompt: Prompt, body: Mapping[str, Any], context: Context) -> Prompt:
    """The prompt with its framing block counted, so that the blocks add up to the whole request exactly.

    Two blocks of one text can count a token more or less than the text does: the framing takes that up.
    """
    shared: dict[int, list[Block]] = {}
    for block in prompt.blocks:
        if block.slot is not None:
            shared.setdefault(block.slot, []).append(block)
    split = {slot: blocks for slot, blocks in shared.items() if len(blocks) > 1}
    whole = context.count([text for slot, text in enumerate(slot_texts(prompt)) if slot in split])
    apart = sum(block.tokens for blocks in split.values() for block in blocks)
    tokens = framing_tokens(body, prompt.dialect) + sum(whole) - apart
    blocks = [replace(block, tokens=tokens) if block.id == FRAMING_ID else block for block in prompt.blocks]
    return replace(prompt, blocks=tuple(blocks))


def _fates(original: Prompt, after: Prompt, ledger: Ledger) -> list[BlockFate]:
    left = {block.id: block for block in after.blocks}
    known = {block.id for block in original.blocks}
    fates = [_fate(block, left.get(block.id), ledger) for block in original.blocks]
    for block in after.blocks:
        if block.id not in known:
            place = next(index for index, fate in enumerate(fates) if fate.turn >= block.turn)
            fates.insert(place, _added(block, ledger))
    return fates


def _fate(block: Block, now: Block | None, ledger: Ledger) -> BlockFate:
    stage, reason = ledger.stage.get(block.id, ""), ledger.reason.get(block.id, "")
    if now is None:
        return _row(block, "dropped", stage, reason, block.tokens, 0)
    if now.content != block.content:
        return _row(block, "rewritten", stage, reason, block.tokens, now.tokens)
    return _row(block, "kept", "", _why_kept(now), block.tokens, now.tokens)


def _added(block: Block, ledger: Ledger) -> BlockFate:
    return _row(block, "added", ledger.stage[block.id], ledger.reason[block.id], 0, block.tokens)


def _row(block: Block, fate: Any, stage: str, reason: str, before: int, after: int) -> BlockFate:
    return BlockFate(block.id, block.type, block.kind, fate, False, stage, reason, before, after, block.turn)


def _why_kept(block: Block) -> str:
    if block.kind is Kind.FRAMING:
        return "what the format adds around the texts"
    if block.kind is Kind.CALL:
        return "tool calls are never altered"
    if block.verbatim and block.type in (BlockType.SYSTEM, BlockType.DEVELOPER):
        return "instructions are never rewritten"
    if block.verbatim:
        return "the question is never rewritten"
    return "one of the newest turns" if block.must_keep else "nothing to cut"
