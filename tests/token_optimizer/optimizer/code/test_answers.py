"""Data by default: the records that answer a question stay, in every form, and all where all count."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from token_optimizer import optimize

ORDERS = [
    {
        "order": f"A-{n}",
        "customer": f"Ada Bo{n}",
        "town": ("Oslo", "Moss")[n % 2],
        "amount": n * 104729 % 9973,
        "by": "mail",
    }
    for n in range(100, 180)
]
LARGEST = max(ORDERS, key=lambda order: int(order["amount"]))
FORMS: dict[str, Callable[[dict[str, object]], str]] = {
    "csv": lambda order: ",".join(map(str, order.values())),
    "yaml": lambda order: "- " + "\n  ".join(f"{name}: {value}" for name, value in order.items()),
    "repr": repr,
    "toml": lambda order: "[[orders]]\n" + "\n".join(f"{name} = {v!r}" for name, v in order.items()) + "\n",
    "fields": lambda order: "\n".join(f"{name.title()}: {value}" for name, value in order.items()) + "\n",
    "class": lambda order: f"Order({', '.join(f'{name}={value!r}' for name, value in order.items())})",
}


def _asked(form: str, question: str) -> tuple[str, float]:
    """What is sent of the orders, and its share of the tokens."""
    lines = [",".join(ORDERS[0])] * (form == "csv") + list(map(FORMS[form], ORDERS))
    messages, stats = optimize([{"role": "user", "content": "\n".join(lines) + f"\n\n{question}"}])
    return messages[0]["content"], stats.tokens_after / stats.tokens_before


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("Which order has the highest amount?", LARGEST),
        ("Who placed the last order?", ORDERS[-1]),
        ("What is the amount of order A-147?", ORDERS[47]),
    ],
)
def test_the_record_that_answers_stays(form: str, question: str, order: dict[str, object]) -> None:
    sent, share = _asked(form, question)
    assert FORMS[form](order) in sent
    assert share < 0.65


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "question",
    [
        "Summarize these orders.",
        "What is the average amount per town?",
        "Which town has the highest amount?",
        "Do these orders make sense to you?",
    ],
)
def test_all_stay_where_all_count(form: str, question: str) -> None:
    sent, _ = _asked(form, question)
    assert all(FORMS[form](order) in sent for order in ORDERS)
