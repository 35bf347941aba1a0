"""What a question asks of what was left out is found by names as they stand, and by the stems of words."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.conversation.omissions import Term, left_out, terms_of
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.marked_text import joined
from token_optimizer.optimizer.markers import restored_marker, with_text


def test_a_question_asks_by_its_names_and_by_the_stems_of_its_words() -> None:
    terms = terms_of('When did "Dock 7" get the sails of job_12?')
    assert [term.text for term in terms if not term.is_stem] == ["Dock 7", "job_12"]
    assert {"dock", "sail"} <= {term.text for term in terms if term.is_stem}


@pytest.mark.parametrize(
    ("term", "text", "is_held"),
    [
        (Term("job_12"), "job_12 ran", True),
        (Term("job_12"), "it ran job_12", True),
        (Term("job_12"), "job_123 ran", False),
        (Term("job_12"), "my_job_12 ran", False),
        (Term("job_12"), "after job_123 came job_12.", True),
        (Term("/v1/chat"), "POST /v1/chat 200", True),
        (Term("Дом"), "Домой", False),
        (Term("ship", is_stem=True), "two ships", True),
        (Term("ship", is_stem=True), "their friendship", False),
        (Term("ship", is_stem=True), "a friendship, a ship", True),
        (Term("ship", is_stem=True), "_ship", False),
        (Term("ship", is_stem=True), "", False),
    ],
)
def test_a_name_stands_whole_and_a_stem_where_a_word_begins(term: Term, text: str, is_held: bool) -> None:
    assert term.is_in(text) == is_held


def _missing_of(text: str, *left: str) -> list[str]:
    """What is missing of a document of which these parts are left, with a marker between any two."""
    original = canonicalize({"messages": [{"role": "user", "content": text}]}, "openai")
    marked = [part for each in left for part in (restored_marker("a place"), each)][1:]
    blocks = [
        with_text(block, joined(marked)).but(original_content=text) if block.content == text else block
        for block in original.blocks
    ]
    found = left_out(original.but(blocks=tuple(blocks)), original)
    return [line for item in found.missing for line in item.lines(found.told)]


def test_of_data_in_one_line_only_what_was_cut_is_missing() -> None:
    rows = [
        f"('berth {number}', 'a ship with {number * 7} sails', 'crew of {number}')" for number in range(40)
    ]
    text = ", ".join(rows)
    first, third, last = ", ".join(rows[:10]), ", ".join(rows[10:30]), ", ".join(rows[30:])

    assert _missing_of(text, first, last) == [f", {third},"]
    assert _missing_of(text, last) == [f"{first}, {third},"]
    assert _missing_of(text, "another text") == [text]


def test_a_sentence_that_was_cut_within_is_missing_whole() -> None:
    text = "The ship came at nine with sails of linen. It left at noon with a crew of twelve men. All slept."

    assert _missing_of(text, "The ship came at nine", "All slept.") == [
        "The ship came at nine with sails of linen.",
        "It left at noon with a crew of twelve men.",
    ]
