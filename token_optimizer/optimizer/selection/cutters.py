"""How each kind of text is cut, and the cut of a whole prompt to its hard budget by these cutters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from token_optimizer.config import OptimizerConfig
from token_optimizer.models import Block, BlockType, Kind, Marker, Passage, Prompt
from token_optimizer.optimizer.code.passages import code_passages, line_passages
from token_optimizer.optimizer.context import Context
from token_optimizer.optimizer.conversation.example_turns import example_turns
from token_optimizer.optimizer.json.omissions import keep_json_passages
from token_optimizer.optimizer.json.passages import json_passages
from token_optimizer.optimizer.json.toon import compress_json_toon
from token_optimizer.optimizer.logs.passages import keep_log_lines, log_passages
from token_optimizer.optimizer.prose.passages import (
    document_passages,
    example_passages,
    prose_passages,
    spoken_passages,
    whole_passage,
)
from token_optimizer.optimizer.selection.cutting import Cutter
from token_optimizer.optimizer.selection.fitting import fit_to_budget
from token_optimizer.optimizer.selection.kept_passages import keep_passages, keep_sentences
from token_optimizer.optimizer.selection.soft_target import cut_logs, cut_to_target
from token_optimizer.optimizer.selection.tool_results import cut_tool_results

# For every kind but JSON, whose passages depend on the config.
CUTTERS = {
    Kind.LOG: Cutter(log_passages, keep_log_lines),
    Kind.CODE: Cutter(code_passages, keep_passages),
    Kind.PROSE: Cutter(prose_passages, keep_sentences, ranked=True, neighbor_weight=0.4),
    Kind.DOCUMENT: Cutter(
        document_passages,
        keep_sentences,
        ranked=True,
        neighbor_weight=0.2,
        synonym_weight=1.0,
        whole=True,
        by_paragraph=True,
    ),
    Kind.TRANSCRIPT: Cutter(
        spoken_passages,
        keep_sentences,
        ranked=True,
        neighbor_weight=0.4,
        feedback_weight=0.3,
        synonym_weight=1.0,
    ),
    Kind.EXAMPLES: Cutter(example_passages, keep_passages, ranked=True),
}

# What an example asks stands for its whole turn: its answer goes and stays with it.
_EXAMPLE = Cutter(whole_passage, keep_passages, ranked=True, example=True)
# Of a file that may be edited, whatever stays is a line of it.
_WHOLE_LINES = Cutter(line_passages, keep_passages)


def cut_to_budget(prompt: Prompt, context: Context) -> Prompt:
    """While the prompt is over its hard budget, leave out the passages that are worth least."""
    examples = example_turns(prompt)
    cutter_of = partial(_cutter_of, _cutters(context.config))

    def with_examples(block: Block) -> Cutter | None:
        if block.turn in examples:
            return _EXAMPLE if block.type is BlockType.USER else None
        return cutter_of(block)

    return fit_to_budget(prompt, context, with_examples)


def cut_to_soft_target(prompt: Prompt, context: Context) -> Prompt:
    """While the prompt is larger than its soft target, leave out the passages that are likely not needed.
    Examples that stand as turns of their own stay: they go as whole turns, or not at all."""
    if context.tokens_over(prompt) > 0:
        return prompt
    examples = example_turns(prompt)
    cutter_of = partial(_cutter_of, _cutters(context.config))
    return cut_to_target(prompt, context, lambda block: None if block.turn in examples else cutter_of(block))


def cut_new_tool_results(prompt: Prompt, context: Context) -> Prompt:
    """The prompt with the lines of new tool results left out that the agent is not after."""
    return cut_tool_results(prompt, context, partial(_cutter_of, _cutters(context.config)))


def cut_logs_to_floor(prompt: Prompt, context: Context) -> Prompt:
    """The prompt with its logs cut to what is worth the floor of logs."""
    return cut_logs(prompt, context, lambda block: CUTTERS[Kind.LOG] if block.kind is Kind.LOG else None)


def _cutters(config: OptimizerConfig) -> dict[Kind, Cutter]:
    return {**CUTTERS, Kind.JSON: _json_cutter(config)}


def _cutter_of(cutters: Mapping[Kind, Cutter], block: Block) -> Cutter | None:
    return _WHOLE_LINES if block.exact and block.kind is Kind.CODE else cutters.get(block.kind)


def _json_cutter(config: OptimizerConfig) -> Cutter:
    def passages(text: str, query: str | None, markers: tuple[Marker, ...]) -> list[Passage]:
        return json_passages(text, query, config.json_truncate_items, config.json_truncate_chars)

    return Cutter(passages, _keep_json, from_original=True, gapless=True)


# What is left of a JSON text is compacted like a whole one.
_keep_json = partial(keep_json_passages, shortened=compress_json_toon)
