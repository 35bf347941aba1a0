"""How long the stages `retrieval` and `semantic` take in a request, without the search in the store.

    python -m benchmarks.meaning.semantic [--tokens 60000] [--passages 30] [--runs 5]

The prompt is pages of our documentation and sources as documents, with a question, over a budget of 15 %;
the store has found passages for it. `cold` is a process that has seen none of the words, `seen` one that has
worked on the same documents before, with another question. Figures are medians in CPU time of all threads.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np

from token_optimizer.config import OptimizerConfig
from token_optimizer.models import Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.semantic import static_embedder
from token_optimizer.optimizer.stages.retrieval import add_retrieved
from token_optimizer.optimizer.stages.semantic import look_into_meaning
from token_optimizer.ports import RetrievalResult, RetrievedPassage
from token_optimizer.text.cache import forget_texts
from token_optimizer.tokens.counts import count_texts

COLD_WANTED_MS = 600
SEEN_WANTED_MS = 100
_ROOT = Path(__file__).resolve().parents[2]
_MODEL = "gpt-4o"
_PAGE_LINES = 30
_QUESTIONS = (
    "Which of the servers keeps the traces, and for how long?",
    "What happens to a request while the database is down?",
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tokens", type=int, default=60_000)
    parser.add_argument("--passages", type=int, default=30)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(arguments)
    static_embedder()
    texts = pages(options.tokens)
    runs = [_run(texts, options.tokens, options.passages) for _ in range(options.runs)]
    cold, seen = (median(times) for times in zip(*runs, strict=True))
    print(f"{options.tokens} tokens in {len(texts)} documents, {options.passages} passages from the store:")
    print(f"cold {cold:.0f} ms (wanted: {COLD_WANTED_MS}), seen {seen:.0f} ms (wanted: {SEEN_WANTED_MS})")


def pages(tokens: int) -> list[str]:
    """Pages of our texts, of about so many tokens in all."""
    paths = [*sorted(_ROOT.glob("docs/*.md")), *sorted(_ROOT.glob("token_optimizer/**/*.py"))]
    lines = [line for path in paths for line in path.read_text("utf-8").splitlines()]
    found = ["\n".join(lines[at : at + _PAGE_LINES]) for at in range(0, len(lines), _PAGE_LINES)]
    pages, left = [], tokens
    for page, size in zip(found, count_texts(found, _MODEL), strict=True):
        if left <= 0:
            break
        pages.append(page)
        left -= size
    return pages


def _run(texts: Sequence[str], tokens: int, passages: int) -> tuple[float, float]:
    forget_texts()
    config = OptimizerConfig.preset("balanced", enable_semantic_retrieval=True)
    context = Context(config, _MODEL, tokens * 15 // 100, found=_found(passages))
    cold, seen = (_milliseconds(_prompt(texts, question), context) for question in _QUESTIONS)
    return cold, seen


def _prompt(texts: Sequence[str], question: str) -> Prompt:
    body = {"messages": [{"role": "user", "content": question}]}
    documents = [{"title": f"Page {number}", "text": text} for number, text in enumerate(texts)]
    prompt = canonicalize(body, "openai", documents=documents)
    for block, tokens in zip(
        prompt.blocks, count_texts([block.content for block in prompt.blocks], _MODEL), strict=True
    ):
        block.tokens = tokens
    return prompt


def _found(count: int) -> RetrievalResult:
    """Passages as the store gives them, with vectors by chance."""
    vectors = np.random.default_rng(0).normal(size=(count, 384)).astype(np.float32)
    text = "What is told of number {} stands in no document of the request. "
    return RetrievalResult(
        [
            RetrievedPassage(
                f"p{number}", text.format(number) * 12, "Store", 1 - number / 100, 0.6, "", vector
            )
            for number, vector in enumerate(vectors)
        ]
    )


def _milliseconds(prompt: Prompt, context: Context) -> float:
    started = process_time()
    after = look_into_meaning(add_retrieved(prompt, context), context)
    assert after.meaning is not None
    return (process_time() - started) * 1000


if __name__ == "__main__":
    main()
