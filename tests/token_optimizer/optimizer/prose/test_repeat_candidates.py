"""Which of many texts may repeat a phrase: none is missed of which a phrase is written once."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.optimizer.prose.repeat_candidates import may_repeat
from token_optimizer.optimizer.prose.repeats import collapsed, may_repeat_phrases

_MAX_CHARS = 512
# Enough that all texts are looked through at once, and no word of it stands there twice in a row.
_OTHERS = [" ".join(f"w{number}" for number in range(start, start + 400)) for start in range(0, 4_000, 400)]
_PHRASES = (
    "left ",
    "go left ",
    "a b c d ",
    "ab",
    "x",
    "Hello!",
    "<br/>",
    "try it again now, ",
    "né ",
    "\n",
    "z\t",
)
_PARTS = st.lists(st.tuples(st.sampled_from(_PHRASES), st.integers(1, 9)), min_size=1, max_size=6)


def _may_repeat(text: str) -> bool:
    return may_repeat([*_OTHERS, text, *_OTHERS], _MAX_CHARS)[len(_OTHERS)]


@given(_PARTS)
def test_no_text_is_missed_that_repeats_a_phrase(parts: list[tuple[str, int]]) -> None:
    text = "".join(phrase * times for phrase, times in parts)
    assert _may_repeat(text) or collapsed(text) == collapsed(text, only_lines=True)


@given(st.lists(st.sampled_from(("cat", "sat", "mat", "hat.")), min_size=1, max_size=12), st.integers(4, 7))
def test_no_sentence_is_missed_that_stands_several_times(words: list[str], times: int) -> None:
    text = "It began. " + f"{' '.join(words)} " * times + "It ended."
    assert _may_repeat(text) or collapsed(text) == collapsed(text, only_lines=True)


def test_phrases_as_long_as_any_that_is_written_once_are_found() -> None:
    random = Random(3)
    for chars in (1, 2, 3, 12, 25, 130, 400, 512):
        for alphabet in ("abcdefgh", "abc defgh "):
            phrase = "".join(random.choice(alphabet) for _ in range(chars))
            text = f"It says: {phrase * 4} so"
            assert _may_repeat(text) or collapsed(text) == collapsed(text, only_lines=True)


def test_plain_texts_are_told_from_those_that_repeat() -> None:
    said = "The pilot of ship 7 counted 40 barrels at the mole, because the cook had sold the sails before."
    texts = [f"{said} {name}" for name in map(str, range(300))]
    texts[150] = "go " + "left " * 12 + "stop"
    texts[151] = "Hi" * 50
    texts[152] = "é" * 50
    found = may_repeat(texts, _MAX_CHARS)
    assert [at for at, may in enumerate(found) if may] == [150, 151, 152]


def test_texts_that_are_full_of_repeats_or_long_words_are_all_looked_through() -> None:
    assert may_repeat(["a " * 100_000, *_OTHERS], _MAX_CHARS) == [True] * (1 + len(_OTHERS))
    long = " ".join(f"abcdefghijkl{number}" for number in range(2_000))
    assert may_repeat([long, *_OTHERS], _MAX_CHARS) == [True] * (1 + len(_OTHERS))


def test_few_texts_are_all_looked_through() -> None:
    assert may_repeat(["a", "b"], _MAX_CHARS) == [True, True]
    assert may_repeat_phrases([]) == []
