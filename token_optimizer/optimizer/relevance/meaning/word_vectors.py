"""The static vectors of the words of some texts, each word once.

The vectors are of words, not of passages: a prompt of 60,000 tokens has some thousand different words, and
the mean of a long turn says little of what one of its sentences says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import methodcaller
from typing import TYPE_CHECKING

from token_optimizer.errors import ConfigError, StageSkipped
from token_optimizer.optimizer.relevance.words import shortest_words, stems_in
from token_optimizer.text.numbered_words import Occurrences, words_of_texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TINY = 1e-30
_as_list = methodcaller("tolist")


@dataclass(frozen=True, slots=True)
class WordVectors:
    """The words of some texts by their stems, with a row of `vectors` for each, and the `words` of each text.
    Numbers have none."""

    rows: Mapping[str, int]
    vectors: NDArray[np.float32]
    words: Occurrences[str]

    @classmethod
    def of(cls, texts: Sequence[str]) -> WordVectors:
        """Raises StageSkipped where static vectors are not installed."""
        return cls.of_words(words_of_texts(texts))

    @classmethod
    def of_words(cls, words: Occurrences[str]) -> WordVectors:
        """The same, of texts given by their words."""
        written = {stem: word for stem, word in shortest_words(words.values).items() if not stem.isdigit()}
        rows = {stem: row for row, stem in enumerate(written)}
        return cls(rows, _vectors(list(written.values())), words)

    @property
    def texts(self) -> list[list[int]]:
        """The rows of each text's words, each once."""
        stems = stems_in(self.words.distinct())
        return list(map(_as_list, stems.among(list(self.rows)).by_text()))

    def similarities(self) -> list[float]:
        """The cosine, and 0 for a negative one, of the mean of the different words of the first text and that
        of each of the others; 0 for a text without a word."""
        import numpy as np

        sums = np.array([self.vectors[rows].sum(axis=0) for rows in self.texts])
        lengths = np.linalg.norm(sums, axis=1)
        cosines = sums[1:] @ sums[0] / np.maximum(lengths[1:] * lengths[0], _TINY)
        return np.clip(cosines, 0.0, 1.0).astype(float).tolist()


def _vectors(words: list[str]) -> NDArray[np.float32]:
    try:
        from token_optimizer.optimizer.embeddings.static import static_embedder

        embedder = static_embedder()
    except (ConfigError, ImportError) as error:
        raise StageSkipped(
            "static vectors are not installed: pip install 'token-optimizer[semantic]'"
        ) from error
    return embedder.embed(words)
