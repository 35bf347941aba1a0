"""How long the optimizer takes, beside tiktoken encoding the same prompt once in the same run.

    python -m benchmarks.speed [--sizes 1000 60000 ...] [--runs 5]

`cold` is a conversation never seen before, `warm` its next turn with the memory of the one before. Figures
are medians of runs that take turns, in CPU time of all threads: other work on the machine hardly changes it.
`stages` is what all stages take of it together, by their share in the trace: without reading the body,
writing what is sent, and remembering it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, median
from time import process_time

import tiktoken

from benchmarks.cases.conversations import (
    Messages,
    conversation,
    next_turn,
    question_over_documents,
    talk,
)
from benchmarks.cases.scoring import prompt_text
from token_optimizer import OptimizerConfig
from token_optimizer.models import OptimizationStats
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports
from token_optimizer.text.cache import forget_texts
from token_optimizer.tokens.counts import count_tokens
from token_optimizer.tokens.offline_ranks import offline_encoding

SIZES = (1_000, 3_000, 10_000, 30_000, 60_000, 100_000, 200_000, 500_000)
_MODEL = "gpt-4o"
# More than any model's window.
_NO_BUDGET = 10**9
_COLD_WANTED = 3.0
_WARM_WANTED = 0.3
_WANTED_SIZE = 60_000
_DEFAULT_COLD_WANTED = 4.0
_MANY_BLOCKS_TOKENS = 100_000
_BLOCKS = 1_000
_TURNS = 12
# After so many prompts of the wanted size all caches of texts are full.
_FILLING, _FILLED = 20, 10


@dataclass(frozen=True, slots=True)
class Run:
    """CPU milliseconds of one prompt: `encoded` by tiktoken; by the optimizer with no budget and with half
    the prompt as its budget, when new; and on the next turn of each."""

    tokens: int
    encoded: float
    cold: float
    cut: float
    warm: float
    warm_cut: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="tokens of the prompts")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(arguments)
    with offline_encoding() as encoding:
        _run(conversation(2_000, seed=-1), encoding, 0)
        print_curve(_curve(options.sizes, options.runs, encoding))
        print_many_blocks(options.runs, encoding)
        print_default(options.runs, encoding)
        print_turns(options.runs, encoding)
        print_full_caches(encoding)


def _curve(sizes: Sequence[int], runs: int, encoding: tiktoken.Encoding) -> dict[int, Run]:
    """The median run of each size; every round measures all sizes once."""
    taken: dict[int, list[Run]] = {size: [] for size in sizes}
    for number in range(runs):
        for size in sizes:
            taken[size].append(_run(conversation(size, seed=number), encoding, number))
    return {size: _median(rounds) for size, rounds in taken.items()}


def _run(messages: Messages, encoding: tiktoken.Encoding, number: int, later: Messages | None = None) -> Run:
    text = prompt_text({"messages": messages})
    tokens = count_tokens(text, _MODEL)
    later = later or next_turn(messages, number)
    encoded = _milliseconds(lambda: encoding.encode_ordinary(text))
    cold, warm = _two_turns(messages, later, None)
    cut, warm_cut = _two_turns(messages, later, tokens // 2)
    return Run(tokens, encoded, cold, cut, warm, warm_cut)


def _two_turns(messages: Messages, later: Messages, budget_tokens: int | None) -> tuple[float, float]:
    optimize = _new_conversation(budget_tokens)
    return _milliseconds(lambda: optimize(messages)), _milliseconds(lambda: optimize(later))


def _share_of_stages(messages: Messages) -> float:
    stats = _new_conversation(None)(messages)
    return sum(stage.ms for stage in stats.stages) / stats.latency_ms


def _new_conversation(
    budget_tokens: int | None, *, forgetting: bool = True
) -> Callable[[Messages], OptimizationStats]:
    """Optimizes what a conversation sends turn by turn, of which nothing is known yet."""
    if forgetting:
        forget_texts()
    memory = InProcessMemory()
    config = OptimizerConfig.preset("balanced", max_input_tokens=_NO_BUDGET)

    def optimize(sent: Messages) -> OptimizationStats:
        body = {"model": _MODEL, "messages": sent}
        ports = Ports(memory=memory)
        return optimize_body(body, "openai", config=config, budget_tokens=budget_tokens, ports=ports).stats

    return optimize


def _milliseconds(run: Callable[[], object]) -> float:
    started = process_time()
    run()
    return (process_time() - started) * 1000


def _median(runs: Sequence[Run]) -> Run:
    figures = ("encoded", "cold", "cut", "warm", "warm_cut")
    middle = {figure: median(getattr(run, figure) for run in runs) for figure in figures}
    return Run(round(median(run.tokens for run in runs)), **middle)


def print_curve(curve: dict[int, Run]) -> None:
    print("                       no budget                      half the prompt as budget")
    print(" tokens  tiktoken    cold ms  ms/1k  ratio  warm    cold ms  ms/1k  ratio  warm")
    for run in curve.values():
        print(
            f"{run.tokens:>7}{run.encoded:>10.1f}"
            f"{run.cold:>11.1f}{1000 * run.cold / run.tokens:>7.2f}{run.cold / run.encoded:>7.2f}"
            f"{run.warm / run.encoded:>6.2f}"
            f"{run.cut:>11.1f}{1000 * run.cut / run.tokens:>7.2f}{run.cut / run.encoded:>7.2f}"
            f"{run.warm_cut / run.encoded:>6.2f}"
        )
    wanted = curve.get(_WANTED_SIZE)
    if wanted is not None:
        print(f"60k wanted: cold <= {_COLD_WANTED} x tiktoken, the next turn <= {_WARM_WANTED} x")


def print_many_blocks(runs: int, encoding: tiktoken.Encoding) -> None:
    """100,000 tokens in 1,000 blocks: what is quadratic in the blocks shows here."""
    # A step of the agent has three blocks: what it says, its call and the result.
    size = _MANY_BLOCKS_TOKENS * 2 // _BLOCKS
    made = [conversation(_MANY_BLOCKS_TOKENS, number, size) for number in range(runs)]
    middle = _median([_run(messages, encoding, number) for number, messages in enumerate(made)])
    blocks = len(canonicalize({"messages": made[0]}, "openai").blocks)
    print(
        f"{middle.tokens} tokens in {blocks} blocks: cold {middle.cold / middle.encoded:.2f} x,"
        f" next turn {middle.warm / middle.encoded:.2f} x tiktoken"
    )


def print_default(runs: int, encoding: tiktoken.Encoding) -> None:
    """60,000 tokens by the default config: what a question over documents, one in a long chat, and an agent's
    run take without a budget."""
    kinds: dict[str, Callable[[int, int], Messages]] = {
        "documents": question_over_documents,
        "chat": talk,
        "agent": conversation,
    }
    for name, made in kinds.items():
        taken = [_default_run(made(_WANTED_SIZE, number), encoding, number) for number in range(runs)]
        middle = _median(taken)
        stages = middle.cold * median(_share_of_stages(made(_WANTED_SIZE, number)) for number in range(runs))
        print(
            f"default, {name:<10}{middle.tokens:>7} tokens: cold {middle.cold / middle.encoded:.2f} x (stages"
            f" {stages / middle.encoded:.2f} x), next turn {middle.warm / middle.encoded:.2f} x tiktoken"
        )
    print(f"wanted: cold <= {_DEFAULT_COLD_WANTED} x, the next turn <= {_WARM_WANTED} x")


def print_turns(runs: int, encoding: tiktoken.Encoding) -> None:
    """An agent's turns with half of its first prompt as their budget: one of them has to make room, and those
    after it have it."""
    taken = [_turns(conversation(_WANTED_SIZE, number), encoding, number) for number in range(runs)]
    later = [ratio for ratios in taken for ratio in ratios[1:]]
    print(
        f"agent, {_TURNS} turns at half of the first: {median(ratios[0] for ratios in taken):.2f} x, then on"
        f" average {fmean(later):.2f} x, half of the turns at most {median(later):.2f} x tiktoken"
    )


def print_full_caches(encoding: tiktoken.Encoding) -> None:
    """Chats by the default config, cold, in a process that has read many others: what forgets, takes time."""
    forget_texts()
    made = [talk(_WANTED_SIZE, number) for number in range(_FILLING + _FILLED)]
    runs = []
    for messages in made:
        text = prompt_text({"messages": messages})
        encoded = _milliseconds(partial(encoding.encode_ordinary, text))
        optimize = _new_conversation(None, forgetting=False)
        runs.append(_milliseconds(partial(optimize, messages)) / encoded)
    print(
        f"default, chat, in a process whose caches are empty: {median(runs[:_FILLED]):.2f} x,"
        f" full: {median(runs[_FILLING:]):.2f} x tiktoken"
    )


def _turns(messages: Messages, encoding: tiktoken.Encoding, number: int) -> list[float]:
    """What each turn takes, times what tiktoken takes for the first."""
    text = prompt_text({"messages": messages})
    encoded = _milliseconds(lambda: encoding.encode_ordinary(text))
    optimize = _new_conversation(count_tokens(text, _MODEL) // 2)
    ratios = []
    for turn in range(_TURNS):
        ratios.append(_milliseconds(partial(optimize, messages)) / encoded)
        messages = next_turn(messages, number * _TURNS + turn)
    return ratios


def _default_run(messages: Messages, encoding: tiktoken.Encoding, number: int) -> Run:
    answer = {"role": "assistant", "content": "It was the harbour master."}
    asked = {"role": "user", "content": f"And what did he write about ship {number}?"}
    is_agent = any(message["role"] == "tool" for message in messages)
    return _run(messages, encoding, number, None if is_agent else [*messages, answer, asked])


if __name__ == "__main__":
    main()
