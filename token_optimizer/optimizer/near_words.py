"""The words of a prompt that mean nearly what a word of the question means, by static vectors.

Before: "What about the price?", and a passage that says "The costs are low; my fingers are cold."
After:  price -> costs 0.29

The vectors are of words, not of passages: a prompt of 60,000 tokens has but some thousand of them, and the
mean of a long turn says little of what one of its sentences says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from token_optimizer.errors import ConfigError, StageSkipped
from token_optimizer.optimizer.relevance import stem_words, stems

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A word stands for an asked one at a share of its nearness, where that is as much (a cosine), and where it is
# one of the nearest few.
_LEAST_NEARNESS = 0.2
_MOST_NEAR = 10
_SHARE = 0.5
# The last digits of a sum are not the same on every processor.
_DECIMALS = 3


def near_words(query: str, texts: Sequence[str]) -> dict[str, dict[str, float]]:
    """For each word of the query the words of the texts that are near it, each with the share that a mention
    of it counts of one of the word itself. Words are given as their stems; numbers are near nothing.

    Raises StageSkipped where static vectors are not installed.
    """
    written = {stem: word for stem, word in stem_words([query, *texts]).items() if not stem.isdigit()}
    asked = dict.fromkeys(stem for stem in stems([query])[0] if stem in written)
    if not asked:
        return {}
    places = {stem: place for place, stem in enumerate(written)}
    vectors = _vectors(list(written.values()))
    found = vectors[[places[stem] for stem in asked]] @ vectors.T
    return {
        stem: _nearest(stem, dict(zip(written, nearness, strict=True)))
        for stem, nearness in zip(asked, found.astype(float).round(_DECIMALS).tolist(), strict=True)
    }


def _nearest(asked: str, nearness: Mapping[str, float]) -> dict[str, float]:
    near = [stem for stem, share in nearness.items() if share >= _LEAST_NEARNESS and stem != asked]
    near.sort(key=lambda stem: (-nearness[stem], stem))
    return {stem: _SHARE * nearness[stem] for stem in near[:_MOST_NEAR]}


def _vectors(words: list[str]) -> NDArray[np.float32]:
    try:
        from token_optimizer.optimizer.static_embedding import static_embedder

        embedder = static_embedder()
    except (ConfigError, ImportError) as error:
        raise StageSkipped(
            "static vectors are not installed: pip install 'token-optimizer[semantic]'"
        ) from error
    return embedder.embed(words)
