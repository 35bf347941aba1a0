"""The page with what the optimizer makes of `examples/prompts/`, run when the page is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from docs.site.pages import ROOT
from token_optimizer import OptimizerConfig
from token_optimizer.cli.line_diff import line_diff
from token_optimizer.dialects.bodies import detect_dialect
from token_optimizer.models import OptimizationResult
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")
_SHOWN_LINES = 24
_LINE_CHARACTERS = 160
# What is cut must not depend on how fast the machine is.
_ENOUGH_MS = 600_000
_INTRODUCTION = """\
What becomes of the prompts of `examples/prompts/` by the preset `balanced`, run when this page was written.
The same for a prompt of yours: `token-optimizer compress FILE --table`, and with `--diff`. How each rule
works is in [how it works](how-it-works.md#stages).

Of each block that changed: the rule, its tokens before and after, the reason, and the first lines that went
(`-`) and came (`+`)."""


def runs_page() -> str:
    """Each prompt with its blocks and lines."""
    files = sorted((ROOT / "examples/prompts").glob("*.json"))
    return "\n".join(
        ["# Real runs", "", _INTRODUCTION, "", *(line for file in files for line in _section(file))]
    )


def _section(file: Path) -> Iterator[str]:
    given = json.loads(file.read_text(encoding="utf-8"))
    result = _optimized(given["body"])
    before, after = result.stats.tokens_before, result.stats.tokens_after
    yield from (f"## {given['name']}", "", given["about"], "")
    yield from (f"{before:,} tokens before, {after:,} after: {1 - after / before:.0%} went.", "")
    for block in result.stats.blocks:
        text = result.texts.get(block.id)
        if text is not None and text.before != text.after:
            counts = f"{block.tokens_before:,} → {block.tokens_after:,} tokens"
            yield from (f"**{block.fate} by `{block.stage}`**, {counts}: {_escaped(block.reason)}", "")
            yield from _fenced(list(line_diff(text.before, text.after)))


def _optimized(body: Mapping[str, Any]) -> OptimizationResult:
    return optimize_body(
        dict(body),
        detect_dialect(body["messages"], body.get("tools")),
        config=OptimizerConfig.preset("balanced", max_latency_ms=_ENOUGH_MS),
        ports=Ports(with_texts=True),
    )


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """The first lines, each cut at its end where it is long; the fence is longer than any within."""
    yield "~~~~~~~~diff"
    for line in islice(lines, _SHOWN_LINES):
        shown = _CONTROL.sub("␛", line)
        yield shown if len(shown) <= _LINE_CHARACTERS else f"{shown[:_LINE_CHARACTERS]}…"
    yield "~~~~~~~~"
    yield f"and {len(lines) - _SHOWN_LINES:,} lines more\n" if len(lines) > _SHOWN_LINES else ""


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")
