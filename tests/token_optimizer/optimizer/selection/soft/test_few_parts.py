"""Which questions about changes ask for few of them."""

import pytest

from token_optimizer.optimizer.selection.soft.few_parts import asks_for_few, names_few

PARTS = [
    f"--- a/src/{name}.py\n+++ b/src/{name}.py\n-    timeout = {at}\n+    timeout = {at + 40}\n"
    for at, name in enumerate(["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath"])
]


@pytest.mark.parametrize(
    "question",
    ["What is the new timeout in src/cedar.py?", "tell me what is done to birch", "How does `delta` change?"],
)
def test_what_a_question_names_stands_in_few(question: str) -> None:
    assert asks_for_few(PARTS, question)


@pytest.mark.parametrize(
    "question",
    [
        "What does this change?",
        "Is the change in src/cedar.py safe?",
        "Please review src/cedar.py and the others.",
        "Which timeouts are set?",
        "",
    ],
)
def test_what_a_change_does_as_a_whole_is_asked_of_all(question: str) -> None:
    assert not asks_for_few(PARTS, question)


def test_only_a_name_that_few_parts_have_names_few() -> None:
    assert names_few(PARTS, "What is the mean in src/cedar.py?")
    assert not names_few(PARTS, "What is the mean of the timeouts?")
