"""Questions with options below a passage."""

from __future__ import annotations

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.embedded.question.quizzes import quiz_start

PASSAGE = "".join(
    f"Keeper {number} of the light wrote down the wind and the ships of the year. "
    f"In year {number} the lamp went out twice. "
    for number in range(40)
)
FOUND = "The round dance of the bees tells that food is near. "
QUIZ = (
    "1. What does the round dance tell?\nA. Distance\nB. That food is near\nC. Danger\n\n"
    "2. On a flat surface the run\n(a) points to the sun\n(b) points to the hive\n"
)


@pytest.mark.parametrize(
    ("text", "quiz"),
    [
        (f"{PASSAGE}\n\n{QUIZ}", QUIZ),
        (f"{PASSAGE}\n\nQuestion 3: Who?\nA) Ann\nB) Bo", "Question 3: Who?\nA) Ann\nB) Bo"),
        (f"{PASSAGE}\n\n1. Who came?\n2. Who left?", ""),
        (f"{QUIZ}\n{PASSAGE}", ""),
        (f"{PASSAGE}\n\n", ""),
    ],
)
def test_a_quiz_starts_with_its_first_question(text: str, quiz: str) -> None:
    assert text[quiz_start(text, 0, len(text)) :] == quiz


def test_the_questions_of_an_exam_are_what_is_asked() -> None:
    exam = f"Read the passage and answer the questions.\n\n{PASSAGE[:1500]}{FOUND}{PASSAGE[1500:]}\n\n{QUIZ}"
    messages, _ = optimize([{"role": "user", "content": exam}], budget_tokens=300)
    assert QUIZ.strip() in messages[0]["content"]
    assert FOUND.strip() in messages[0]["content"]
