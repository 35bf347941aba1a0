"""Numbered passages that refer to each other."""

from __future__ import annotations

import numpy as np
import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.selection.references import with_references

TOPICS = ("invoices", "credentials", "maintenance", "notices", "training", "insurance", "assignment", "venue")
CLAUSES = [
    f"{number}.{part} The parties agree on {topic} in schedule {part} and keep records of it for six years."
    for number, topic in enumerate(TOPICS, 1)
    for part in (1, 2, 3)
]
LIMIT = "9.1 The total liability of either party in any contract year is limited to the fees of that year."
EXCEPTION = "9.4 The amount in clause 9.1 does not hold for a breach of clause 2, where it is EUR 2,000,000."


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["3.1 It is capped.", "3.2 Nothing here.", "3.3 Section 3.1 holds not for fraud."], [1.0, 0.0, 0.7]),
        (["3.1 Subject to clauses 3.2 and 3.3.", "3.2 Fraud.", "3.3 Injury."], [1.0, 0.7, 0.7]),
        (["3.1 It is capped.", "See 3.1 there.", "§ 9.9 says more."], [1.0, 0.0, 0.0]),
        (["It is capped.", "Clause 3.1 holds.", "It rained."], [1.0, 0.0, 0.0]),
    ],
)
def test_a_share_goes_to_what_refers_and_what_is_referred_to(texts: list[str], expected: list[float]) -> None:
    scores = np.array([0.2, 1.0, 0.0, 0.0])
    found = with_references(scores, [(1, ()), (3, texts)])
    assert found.tolist() == pytest.approx([0.2, *expected])


def test_the_exception_to_the_clause_that_is_asked_for_stays() -> None:
    contract = "\n".join([*CLAUSES[:12], LIMIT, *CLAUSES[12:], EXCEPTION])
    prompt = [{"role": "user", "content": f"{contract}\n\nWhat is the cap of liability in a contract year?"}]
    messages, _ = optimize(prompt, budget_tokens=260)
    assert LIMIT in messages[0]["content"]
    assert EXCEPTION in messages[0]["content"]
