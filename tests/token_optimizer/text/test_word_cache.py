"""Results of work on words."""

from __future__ import annotations

from collections.abc import Iterator

from token_optimizer.text.cache import forget_texts
from token_optimizer.text.word_cache import WordCache


class _Letters:
    """Finds the letters of a word, and notes which words it looked at."""

    def __init__(self) -> None:
        self.looked_at: list[str] = []

    def __call__(self, word: str) -> Iterator[str]:
        self.looked_at.append(word)
        return filter(str.isalpha, word)


def test_a_word_is_looked_at_once() -> None:
    find = _Letters()
    known = WordCache(find)
    assert known.of("ab c1\nab") == ["a", "b", "c", "a", "b"]
    assert known.distinct("ab c1 ab") == {"a", "b", "c"}
    assert find.looked_at == ["ab", "c1"]
    forget_texts()
    known.of("ab")
    assert find.looked_at == ["ab", "c1", "ab"]


def test_keys_and_hashes_are_not_held() -> None:
    known = WordCache(_Letters())
    secret = "sk-" + "q" * 40
    assert known.of(secret) == list(filter(str.isalpha, secret))
    assert not known


def test_the_number_of_words_is_bounded() -> None:
    known = WordCache(_Letters())
    known.of(" ".join(map(str, range(40_000))))
    assert len(known) < 33_000
