"""What texts mention of some words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.optimizer.relevance.mentions import Mentions
from token_optimizer.optimizer.relevance.words import stems_in, stems_of_word
from token_optimizer.text.numbered_words import words_of_texts

_WORDS = st.sampled_from(("mill-race", "Mills", "bridge", "the", "bridges,", "桥梁很长", "7"))


@given(
    st.lists(st.lists(_WORDS, max_size=6).map(" ".join), max_size=5),
    st.frozensets(st.sampled_from(("mill", "bridg", "race", "桥梁", "7", "nowhere"))),
)
def test_what_is_found_in_words_is_what_is_found_in_their_stems(
    texts: list[str], wanted: frozenset[str]
) -> None:
    words = words_of_texts(texts)
    found, known = Mentions.in_words(words, stems_of_word, wanted), Mentions.among(stems_in(words), wanted)
    assert found.words == known.words
    assert found.lengths.tolist() == known.lengths.tolist()
    assert found.keys.tolist() == known.keys.tolist()
    assert found.times.tolist() == known.times.tolist()
