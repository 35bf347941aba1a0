"""Acronyms that stand for words of a question."""

from __future__ import annotations

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.relevance.asked.acronyms import acronyms_of


@pytest.mark.parametrize(
    ("query", "written", "found"),
    [
        ("What led to the emergency room?", ["the", "ER."], {"er": 2}),
        ("Who reviewed the pull requests?", ["(PRs)"], {"pr": 2}),
        ("Which pod ran out of memory on its own?", ["OOM", "POO"], {"oom": 1}),
        ("Which is the chief of staff?", ["COS", "CS's"], {"cos": 2, "cs": 2}),
        ("What did the United States of America sign?", ["U.S.A."], {"usa": 3}),
    ],
)
def test_capitals_that_are_initials_of_words_in_a_row(
    query: str, written: list[str], found: dict[str, int]
) -> None:
    assert acronyms_of(query, written) == found


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("What led to the emergency room?", ["er", "Er", "ERA", "E"]),
        ("What is in the harbour?", ["II", "IT"]),
        ("", ["ER"]),
    ],
)
def test_other_words_are_none(query: str, written: list[str]) -> None:
    assert acronyms_of(query, written) == {}


def _asked_about_walks(*beside: dict[str, str]) -> str:
    told = [f"In week {week} I walked {week * 7 % 30} miles along the bay." for week in range(120)]
    told[17] = "A wasp stung me badly, and I ended up in the ER that night."
    messages = [
        {"role": "user", "content": " ".join(told)},
        {"role": "assistant", "content": "Noted."},
        *beside,
        {"role": "user", "content": "Why did I have to go to the emergency room?"},
    ]
    sent, stats = optimize(messages, budget_tokens=300)
    assert stats.tokens_after <= 300
    return str(sent[0]["content"])


def test_the_turn_with_the_acronym_is_kept() -> None:
    assert "A wasp stung me badly" in _asked_about_walks()


def test_where_an_agent_reads_sources_capitals_are_constants() -> None:
    source = "\n".join(f"def walk_{week}(bay):\n    return bay.miles[{week}]" for week in range(9))
    shown = {"role": "user", "content": f"The program:\n```python\n{source}\n```"}
    answered = {"role": "assistant", "content": "I see."}
    assert "A wasp stung me badly" not in _asked_about_walks(shown, answered)
