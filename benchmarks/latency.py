"""Measures what the optimizer adds to a request: p50 and p95, for the cheap rules alone and with all stages.

    python -m benchmarks.latency [--sizes 8000 60000] [--runs 20]

Times are those of the clock on the wall, for prompts that nothing is remembered of: half of them are an
agent's run with its logs, code and JSON, half a long talk in prose, made from the sentences of our own docs.
`cheap` has no costly stage (the preset `balanced` without compression and without a hard budget), `all` has
every one (half of the prompt as hard budget, and what is left compressed towards a soft target of 80 %), and
`soft` compresses the whole prompt towards `balanced`'s soft target.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter

import toktok

from benchmarks.cases.conversations import Messages, conversation
from token_optimizer.config import OptimizerConfig
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.text.cache import forget_texts
from token_optimizer.text.sentences import sentences

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_WANTED_MS = {("cheap", 8_000): 50.0, ("all", 8_000): 500.0, ("all", 60_000): 2_000.0}
_WANTED_MS |= {("soft", 8_000): 500.0, ("soft", 60_000): 2_000.0}
_MESSAGE_SENTENCES = 24
_CONFIGS = {
    "cheap": (OptimizerConfig.preset("balanced", enable_compression=False), False),
    "all": (OptimizerConfig.preset("balanced", target_reduction=0.8), True),
    "soft": (OptimizerConfig.preset("balanced"), False),
}


@dataclass(frozen=True, slots=True)
class Times:
    """What the runs of one kind at one size took, in ms, and which stages were skipped how often."""

    kind: str
    tokens: int
    taken_ms: tuple[float, ...]
    skipped: Counter[str]

    def percentile(self, percent: int) -> float:
        """The nearest-rank percentile: a time that really was measured."""
        ordered = sorted(self.taken_ms)
        return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[8_000, 60_000], help="prompts, in tokens")
    parser.add_argument("--runs", type=int, default=20, help="prompts of each kind and size")
    options = parser.parse_args(arguments)
    for kind in _CONFIGS:
        _measured(kind, 2_000, 2)
    print_table([_measured(kind, size, options.runs) for size in options.sizes for kind in _CONFIGS])


def _measured(kind: str, size: int, runs: int) -> Times:
    config, has_budget = _CONFIGS[kind]
    taken = []
    skipped: Counter[str] = Counter()
    for number in range(runs):
        messages = conversation(size, number) if number % 2 else talk(size, number)
        forget_texts()
        started = perf_counter()
        stats = optimize_body(
            {"model": "gpt-4o", "messages": messages},
            "openai",
            config=config,
            budget_tokens=size // 2 if has_budget else None,
        ).stats
        taken.append((perf_counter() - started) * 1000)
        skipped.update(stage.name for stage in stats.stages if stage.status == "skipped")
    return Times(kind, size, tuple(taken), skipped)


def talk(tokens: int, seed: int) -> Messages:
    """A talk in prose of about so many tokens, which ends with a question."""
    random = Random(seed)
    messages: Messages = []
    left = tokens
    for said in _said(random):
        role = "assistant" if len(messages) % 2 else "user"
        messages.append({"role": role, "content": said})
        left -= toktok.batch_count([said], "o200k_base")[0]
        if left <= 0 and role == "assistant":
            break
    return [*messages, {"role": "user", "content": "What holds for the budget, and who decides it?"}]


def _said(random: Random) -> Iterator[str]:
    """Messages of sentences of our docs, each with a mark of its own, so that none is a copy."""
    known = [line for file in sorted(_DOCS.glob("*.md")) for line in sentences(file.read_text("utf-8"))]
    prose = [line for line in known if "|" not in line and "`" not in line and len(line) > 40]
    number = 0
    while True:
        chosen = random.choices(prose, k=_MESSAGE_SENTENCES)
        number += 1
        yield " ".join(f"{line[:-1]}, as was said in talk {number}{line[-1:]}" for line in chosen)


def print_table(rows: Sequence[Times]) -> None:
    print(" tokens  stages    p50 ms    p95 ms   wanted  skipped")
    for row in rows:
        wanted = _WANTED_MS.get((row.kind, row.tokens))
        told = f"< {wanted:.0f}" if wanted else ""
        skipped = ", ".join(f"{name} {count}x" for name, count in sorted(row.skipped.items()))
        print(
            f"{row.tokens:>7}  {row.kind:<6}{row.percentile(50):>10.1f}{row.percentile(95):>10.1f}"
            f"{told:>9}  {skipped}"
        )


if __name__ == "__main__":
    main()
