"""Passages with what a question of its form is answered by."""

from __future__ import annotations

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.relevance.asked.answers import answer_shares, has_answer_forms

TOLD = ["We walked along the shore.", "It was quiet.", "Nobody came.", "The sea was calm and grey."]


@pytest.mark.parametrize(
    ("query", "passage", "expected"),
    [
        ("When does it arrive?", "You would have the goods on Friday 16th.", True),
        ("When does it arrive?", "It comes at 4 p.m. or so.", True),
        ("When does it arrive?", "You may have 3 of them.", False),
        ("When does it arrive?", "On Thu, 8 Oct 2026 at 11:02, Joe <joe@vendor.example> wrote:\n", False),
        ("Wann kommt es an?", "Am 4. Mai, sagt er.", True),
        ("What does it cost?", "We agreed on EUR 118.40 for each.", True),
        ("How much is it?", "That makes 20 € in all.", True),
        ("How much is it?", "It is on Friday.", False),
        ("会費はいくらですか。", "会費は五千円です。", True),
        ("什么时候到?", "货物于5月4日到达。", True),
        ("Когда он был взят?", "Город взят в 1760 году.", True),
        ("متى كان ذلك؟", "من 1321 إلى 1323", True),
        ("When was it taken?", "It cost 17600 men.", False),
        ("Where is it?", "It is on Friday.", False),
    ],
)
def test_a_day_answers_when_and_money_how_much(query: str, passage: str, expected: bool) -> None:
    assert answer_shares(query, [*TOLD, passage]) == [0.0, 0.0, 0.0, 0.0, float(expected)]
    assert has_answer_forms(query) is not query.startswith("Where")


def test_where_many_passages_have_a_day_none_counts() -> None:
    assert not any(answer_shares("When was it?", ["On Monday.", "On 4 May.", "At 10:15.", "It rained."]))


def test_the_day_stays_by_default_though_it_has_no_word_of_the_question() -> None:
    answer = "The lorry leaves late, so you would have all of it on Friday 16th.\n"
    mail = "From: Ann <ann@peak.example>\nTo: Joe <joe@vendor.example>\nSubject: The units\n\n" + "".join(
        f"{'Our units are' if number < 5 else 'Much paper is'} in hall {number} beside other things. "
        f"Nobody has looked into hall {number} for a long while.\n{answer if number == 15 else ''}"
        for number in range(3, 26)
    )
    prompt = [{"role": "user", "content": f"When do the units arrive?\n\n{mail}"}]
    messages, stats = optimize(prompt)
    assert answer.strip() in messages[0]["content"]
    assert stats.tokens_after < 0.8 * stats.tokens_before
