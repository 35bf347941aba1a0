"""What a run of tests prints: of a failure every line stays, however few the lines are that passed."""

from __future__ import annotations

import pytest

from token_optimizer import optimize

FAILURE = """    def test_total_rounds():
>       assert total([1.005, 2.005]) == 3.02
E       assert 3.01 == 3.02
E        +  where 3.01 = total([1.005, 2.005])

tests/test_money.py:41: AssertionError
"""


def _run(files: int) -> str:
    passed = "".join(
        f"tests/test_{'abcd'[n * 7 % 4]}{n}.py {'.' * (3 + n * 5 % 17)} [{n * 100 // files}%]\n"
        for n in range(files)
    )
    return (
        f"{'=' * 30} test session starts {'=' * 30}\nplatform linux -- Python 3.11\ncollected 212 items\n\n"
        f"{passed}\n{'=' * 35} FAILURES {'=' * 35}\n{'_' * 30} test_total_rounds {'_' * 30}\n\n{FAILURE}"
        f"FAILED tests/test_money.py::test_total_rounds\n{'=' * 24} 1 failed, 211 passed {'=' * 24}\n"
    )


@pytest.mark.parametrize("files", [60, 200])
@pytest.mark.parametrize("text", ["Why does the test fail?\n\n{}", "{}\nFix the failing test, please."])
def test_of_a_failure_every_line_stays(text: str, files: int) -> None:
    sent, _ = optimize([{"role": "user", "content": text.format(_run(files))}])
    assert FAILURE in sent[0]["content"]
