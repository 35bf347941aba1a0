"""What a question asks of what was left out is found by names as they stand, and by the stems of words."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.conversation.omissions import Term, terms_of


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
