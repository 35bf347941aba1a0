"""How fast the embedding models of this machine are: passages a second of one core, and loading them.

    python -m benchmarks.meaning.embedding [--passages 1000] [--transformer-passages 48]

The passages are of some 200 tokens, cut from the documentation. `static` is for every passage of a request,
`transformer` for stored documents and the question.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import process_time

from threadpoolctl import threadpool_limits

from token_optimizer.optimizer.semantic import EmbeddingService, static_embedder
from token_optimizer.text.cache import forget_texts
from token_optimizer.tokens.counts import count_texts

_WORDS_A_PASSAGE = 140
_QUESTION = "Which of the servers keeps the traces, and for how long?"
_QUESTIONS = 20
_ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--passages", type=int, default=1000, help="for the static model")
    parser.add_argument("--transformer-passages", type=int, default=48)
    options = parser.parse_args(arguments)
    threadpool_limits(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    texts = passages(options.passages)
    print(f"{len(texts)} passages of {sum(count_texts(texts, 'gpt-4o')) // len(texts)} tokens")
    print_static(texts)
    print_transformer(texts[: options.transformer_passages])


def passages(count: int) -> list[str]:
    """Different passages, which overlap where the documentation is too short for so many."""
    words = " ".join(path.read_text() for path in sorted(_ROOT.glob("docs/*.md"))).split()
    step = max(1, (len(words) - _WORDS_A_PASSAGE) // count)
    starts = range(0, len(words) - _WORDS_A_PASSAGE, step)
    return [" ".join(words[at : at + _WORDS_A_PASSAGE]) for at in starts][:count]


def print_static(texts: list[str]) -> None:
    loading = _seconds(static_embedder)
    embedding = _seconds(lambda: static_embedder().embed(texts))
    again = _seconds(lambda: static_embedder().embed(texts))
    seen = f"{len(texts) / again:.0f} of those seen before"
    print(f"static       loaded in {loading:5.2f} s  {len(texts) / embedding:6.0f} passages/s, {seen}")


def print_transformer(texts: list[str]) -> None:
    made: list[EmbeddingService] = []
    loading = _seconds(lambda: made.append(EmbeddingService()))
    service = made[0]
    service.embed([_QUESTION])
    embedding = _seconds(lambda: service.embed(texts))
    asking = median(_seconds(lambda: _ask(service)) for _ in range(_QUESTIONS))
    question = f"a question in {1000 * asking:.0f} ms"
    print(f"transformer  loaded in {loading:5.2f} s  {len(texts) / embedding:6.1f} passages/s, {question}")
    print(f"             {service.model} ({service.origin})")


def _ask(service: EmbeddingService) -> None:
    forget_texts()
    service.embed_queries([_QUESTION])


def _seconds(run: Callable[[], object]) -> float:
    """CPU time, which other work on the machine hardly changes."""
    started = process_time()
    run()
    return process_time() - started


if __name__ == "__main__":
    main()
