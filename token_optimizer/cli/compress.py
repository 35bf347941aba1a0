"""`token-optimizer compress`: a prompt made smaller, and what was done to it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from token_optimizer.cli.count import DEFAULT_MODEL
from token_optimizer.cli.errors import NOT_MET
from token_optimizer.cli.line_diff import line_diff
from token_optimizer.cli.reading import Given, read_given
from token_optimizer.cli.settings import add_config_options, config_of, count
from token_optimizer.cli.tables import share_cut, table
from token_optimizer.dialects.bodies import conversation_key
from token_optimizer.masking.bodies import masked_body
from token_optimizer.masking.masker import placeholder_key
from token_optimizer.models import OptimizationResult

_HEAD = ("block", "type", "fate", "rule", "before", "after", "reason")
_NUMBERS = frozenset({4, 5})


def add_compress(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> Callable[..., int]:
    """The command's arguments."""
    parser = commands.add_parser("compress", help="print a prompt made smaller")
    parser.add_argument("file", metavar="FILE", help="a body, messages or text; - is the standard input")
    parser.add_argument("--question", help="what the prompt is to answer, where it does not say so itself")
    parser.add_argument("--budget", type=count, metavar="TOKENS", help="at most so many tokens")
    parser.add_argument("--model", help=f"whose tokens count (the body's own, else {DEFAULT_MODEL})")
    add_config_options(parser)
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--table", action="store_true", help="print what became of each block instead")
    shown.add_argument("--diff", action="store_true", help="print the lines that went instead")
    shown.add_argument("--json", action="store_true", help="print prompt, statistics and blocks as JSON")
    return run


def run(options: argparse.Namespace) -> int:
    """Print the smaller prompt, or what the options ask of it."""
    given = read_given(options.file)
    result = compressed(given, options)
    if options.json:
        sys.stdout.write(_as_json(given, result))
    elif options.table:
        sys.stdout.write(_as_table(result))
    elif options.diff:
        sys.stdout.writelines(_as_diff(result))
    else:
        sys.stdout.write(_prompt_text(given, result))
    if result.stats.over_budget:
        sys.stderr.write(f"token-optimizer: {result.stats.over_budget}\n")
        return NOT_MET
    return 0


def compressed(given: Given, options: argparse.Namespace) -> OptimizationResult:
    """What the optimizer makes of it, by the config that the options name."""
    # Imported here: with it comes all of the optimizer, which `--help` and `count` do without.
    from token_optimizer.optimizer.pipeline import optimize_body
    from token_optimizer.ports import Ports

    config = config_of(options)
    body = {**given.body, "model": options.model or given.body.get("model") or DEFAULT_MODEL}
    question = {"query": options.question}
    masker = config.masker(placeholder_key(config.api_key))
    if masker is not None:
        body, question = masked_body(body, masker), masked_body(question, masker)
    return optimize_body(
        body,
        given.dialect,
        config=config,
        query=question["query"],
        budget_tokens=options.budget,
        ports=Ports(with_texts=options.diff),
    )


def _prompt(given: Given, result: OptimizationResult) -> Any:
    """The smaller prompt in the form in which it was given."""
    key = conversation_key(given.dialect)
    if given.kind == "text":
        return result.body[key][-1]["content"]
    if given.kind == "messages":
        return result.body[key]
    return result.body if "model" in given.body else {k: v for k, v in result.body.items() if k != "model"}


def _prompt_text(given: Given, result: OptimizationResult) -> str:
    prompt = _prompt(given, result)
    return prompt if isinstance(prompt, str) else _json_text(prompt)


def _as_json(given: Given, result: OptimizationResult) -> str:
    return _json_text(
        {
            "prompt": _prompt(given, result),
            "stats": result.stats.as_dict(),
            "blocks": [block.as_dict() for block in result.stats.blocks],
        }
    )


def _json_text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _as_table(result: OptimizationResult) -> str:
    stats = result.stats
    rows = [
        (
            block.id,
            block.type.value,
            block.fate,
            block.stage or "-",
            f"{block.tokens_before:,}",
            f"{block.tokens_after:,}",
            block.reason,
        )
        for block in stats.blocks
    ]
    cut = share_cut(stats.tokens_before, stats.tokens_after)
    total = (
        f"{stats.tokens_before:,} -> {stats.tokens_after:,} tokens, cut {cut} in {stats.latency_ms:.0f} ms"
    )
    return f"{table(_HEAD, rows, _NUMBERS)}\n{'≈ ' if stats.estimated else ''}{total}\n"


def _as_diff(result: OptimizationResult) -> Iterator[str]:
    """The lines that went and came, block by block, under what became of the block."""
    for block in result.stats.blocks:
        texts = result.texts.get(block.id)
        if texts is not None and texts.before != texts.after:
            yield f"@@ {block.id} {block.type.value} {block.fate} by {block.stage or 'an earlier turn'} @@\n"
            yield from (f"{line}\n" for line in line_diff(texts.before, texts.after))
