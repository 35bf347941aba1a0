"""Outlines that programs print keep names with their values, and trouble with what stands beside it."""

from __future__ import annotations

import re

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.logs.outlines import lines_beside, lines_of_failures, values_end

PART = """  {name}:
    Image:         shop/{name}:4.2
    State:         {state}
      Reason:      {reason}
      Exit Code:   {code}
    Limits:
      cpu:         500m
      memory:      {memory}Mi
    Environment:
      LOG_LEVEL:   INFO
      WORKERS:     {workers}
    Mounts:
      /etc/{name} from config (ro)
      /tmp from scratch (rw)
"""
CALM = {"state": "Running", "reason": "Started", "code": 0}
NAMES = ("proxy", "mailer", "search", "ledger", "metrics", "backup")
POD = "Name:  shop-1\nContainers:\n" + "".join(
    [
        PART.format(name=name, memory=900 + n, workers=n, **CALM)
        if n != 3
        else PART.format(
            name="checkout", memory=384, workers=18, state="Failed", reason="OOMKilled", code=137
        )
        for n, name in enumerate(NAMES)
    ]
)
LINES = POD.split("\n")


def _at(text: str) -> int:
    return next(number for number, line in enumerate(LINES) if text in line)


def test_a_name_ends_behind_its_few_values() -> None:
    start = _at("Limits:")
    assert values_end(LINES, start) == start + 3
    assert values_end(LINES, _at("Image:")) == _at("Image:") + 1
    assert values_end(LINES, _at("Containers:")) == _at("Containers:") + 1


def test_trouble_has_beside_it_all_of_its_part() -> None:
    killed = _at("OOMKilled")
    assert LINES[lines_beside(LINES, killed).start].strip() == "Image:         shop/checkout:4.2"
    assert _at("384Mi") in lines_beside(LINES, killed)
    assert _at("901Mi") not in lines_beside(LINES, killed)


OTHERS = [["ERROR: no room"], ["  step 3", "    it failed: no", "  step 4"], ["a: b"]]


@pytest.mark.parametrize("lines", OTHERS)
def test_other_lines_have_nothing_beside_them(lines: list[str]) -> None:
    assert not any(len(lines_beside(lines, number)) for number in range(len(lines)))


def test_the_limit_of_what_was_killed_stays() -> None:
    messages, stats = optimize(
        [{"role": "user", "content": f"Why does the pod restart?\n\n```\n{POD}```"}], budget_tokens=350
    )
    assert "memory:      384Mi" in messages[0]["content"]
    assert "WORKERS:     18" in messages[0]["content"]
    assert stats.tokens_after < 0.7 * stats.tokens_before


FAILURE = """_______________ test_tide _______________

    def test_tide():
        table = load("tides.csv")
>       assert table["Kiel"] == 1.2
E       KeyError: 'Kiel'

tests/test_tide.py:14: KeyError
"""
WARNINGS = "".join(
    f"tests/test_{name}.py::test_{name}\n  /lib/{name}.py:{n}: DeprecationWarning: {name} goes\n  warn()\n\n"
    for n, name in enumerate(NAMES * 5)
)
RUN = f"======== FAILURES ========\n{FAILURE}======== warnings summary ========\n{WARNINGS}"


def test_a_failure_goes_up_to_the_next_head() -> None:
    lines = RUN.split("\n")
    assert "\n".join(lines[number] for number in lines_of_failures(lines)) + "\n" == FAILURE
    assert not list(lines_of_failures(["======= 3 passed =======", "___", "a_b"]))


def test_the_lines_of_a_failure_stay_and_nothing_is_like_an_empty_line() -> None:
    text = f"Why does it fail?\n\n```\n{RUN}```"
    messages, stats = optimize([{"role": "user", "content": text}], budget_tokens=500)
    left = messages[0]["content"]
    assert FAILURE in left
    assert stats.tokens_after < 0.7 * stats.tokens_before
    assert not re.search(r"\n[ \t]*\n\[… [^\]\n]* more like the line above", left)
