"""Conversations in prose, for the tests of compression."""

from __future__ import annotations

import random
from typing import Any

_NOUNS = (
    "river stone mill wheel bread flour market town bridge road winter summer people house water "
    "field horse garden tower window candle letter doctor teacher school boat island storm harvest apple"
)
_WORDS = _NOUNS.split()


def story(seed: int, sentences: int = 60) -> str:
    """Prose without names and numbers, of about 13 tokens a sentence."""
    chosen = random.Random(seed)
    return " ".join(" ".join(chosen.choices(_WORDS, k=12)).capitalize() + "." for _ in range(sentences))


STORY = story(1)
# What has least to do with the question holds every negation.
RISKY = "\n".join(
    f"It was not the {word}, and never the {_WORDS[-place % 29]}."
    if 24 <= place < 32
    else f"The {'horse' if place % 2 else 'bridge'} came to the {word}, then to the {_WORDS[-place % 29]}."
    for place, word in enumerate((*_WORDS, *_WORDS))
)


def talk(*told: str, turns: int = 4, question: str = "Please write a summary.") -> list[dict[str, Any]]:
    """A conversation in which each text was told once, before the newest turns. Its question asks for nothing
    in particular."""
    messages: list[dict[str, Any]] = []
    for text in told:
        messages += [{"role": "user", "content": "Tell me."}, {"role": "assistant", "content": text}]
    for turn in range(turns - 1):
        messages += [
            {"role": "user", "content": f"What then, {turn}?"},
            {"role": "assistant", "content": "No."},
        ]
    return [*messages, {"role": "user", "content": question}]


def walk(turns: int) -> list[dict[str, Any]]:
    """A chat of so many turns about a walk, of which the second gives a directive."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": "You are a guide."}]
    for turn in range(turns):
        told = f"On day {turn} we walked {turn + 3} km along the coast and slept in hut number {turn * 7}."
        messages.append({"role": "user", "content": told + " You MUST call me Ada." * (turn == 1)})
        messages.append({"role": "assistant", "content": f"Day {turn} sounds lovely, what came after it?"})
    return [*messages, {"role": "user", "content": "How far did we walk on the last day?"}]
