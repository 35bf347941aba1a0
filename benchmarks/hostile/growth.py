"""How time grows on hostile text, by stage and reader: `python -m benchmarks.hostile.growth [--chars N]`.

Each of the texts of `tests/hostile_texts.py` stands in every place of a prompt, and is a document of every
kind, once and four times as long. A row has a stage's or reader's worst text: linear work takes four times as
long there, quadratic sixteen. CPU time of the thread; the least of three tries.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import thread_time
from unittest.mock import patch

from optimizer_app.ingest.read import read_document
from optimizer_app.ingest.readers.problems import UnreadableDocument
from tests.growth import GROWTH, repeated
from tests.hostile_texts import PIECES
from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.pipeline import optimize_body

_TRIES = 3
# What is shorter says nothing of growth.
_NOISE_MS = 1.0
_READERS = ("a.md", "a.csv", "a.json", "a.py", "a.html")
_CONFIG = OptimizerConfig.preset("balanced", max_input_tokens=10**9)
_CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}

Times = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Growth:
    """Milliseconds of one stage or reader for a text, and for one four times as long."""

    name: str
    piece: str
    small: float
    large: float

    @property
    def ratio(self) -> float:
        return self.large / max(self.small, _NOISE_MS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chars", type=int, default=6_000, help="of the shorter text")
    chars = parser.parse_args().chars
    print(f"Texts of {chars:,} and {chars * GROWTH:,} characters.\n")
    print(
        "| stage or reader | growth at four times the text | ms | worst text |\n| --- | ---: | ---: | --- |"
    )
    for worst in sorted(worst_of(chars), key=lambda growth: -growth.ratio):
        shown = repr(worst.piece[:24]).replace("|", "\\|")
        print(f"| {worst.name} | {worst.ratio:.1f} | {worst.small:.1f} → {worst.large:.1f} | `{shown}` |")


def worst_of(chars: int) -> list[Growth]:
    """Of each stage and reader the growth on its worst text."""
    worst: dict[str, Growth] = {}
    for piece in PIECES:
        for growth in _growths(piece, chars):
            if growth.name not in worst or growth.ratio > worst[growth.name].ratio:
                worst[growth.name] = growth
    return list(worst.values())


def _growths(piece: str, chars: int) -> Iterator[Growth]:
    for run in (_stages, _readers):
        small, large = (_least(run, piece, length) for length in (chars, chars * GROWTH))
        for name, ms in large.items():
            yield Growth(name, piece, small.get(name, 0.0), ms)


def _least(run: Callable[[str], Times], piece: str, chars: int) -> Times:
    """The shortest time of each stage; every try has a text of its own, which no cache knows."""
    tries = [run(f"{attempt} {repeated(piece, chars)}x") for attempt in range(_TRIES)]
    return {name: min(times.get(name, 0.0) for times in tries) for name in tries[0]}


def _stages(text: str) -> Times:
    messages = [
        {"role": "system", "content": f"2 {text}"},
        {"role": "assistant", "content": f"3 {text}", "tool_calls": [_CALL]},
        {"role": "tool", "tool_call_id": "1", "content": f"4 {text}"},
        {"role": "user", "content": f"5 {text}"},
    ]
    times: dict[str, float] = {}
    with patch("token_optimizer.optimizer.pipeline.perf_counter", thread_time):
        result = optimize_body({"messages": messages}, "openai", config=_CONFIG, budget_tokens=1_500)
    for stage in result.stats.stages:
        times[stage.name] = times.get(stage.name, 0.0) + stage.ms
    return times


def _readers(text: str) -> Times:
    times = {}
    for name in _READERS:
        began = thread_time()
        with suppress(UnreadableDocument):
            read_document(text.encode("utf-8", "replace"), name=name)
        times[f"reader of {name.partition('.')[2]}"] = (thread_time() - began) * 1000
    return times


if __name__ == "__main__":
    main()
