"""Trouble that lines of a log tell by numbers."""

import pytest

from token_optimizer.optimizer.logs.numbers import lines_of_asked_statuses
from token_optimizer.optimizer.logs.patterns import pattern_texts


def sign(line: str, others: list[str] | None = None) -> str:
    """The sign that the pattern of the line carries, among others like it."""
    return pattern_texts([line, *(others or [])])[0].partition(" !")[2]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('10.0.0.1 - - [10/Oct/2025:13:55:36 +0000] "GET /a HTTP/1.1" 502 2326', "error"),
        ("POST /pay -> 500 (31 ms)", "error"),
        ("method=GET path=/a status=503 service=12ms", "error"),
        ('{"msg":"done","statusCode":504}', "error"),
        ("GET /a 404 3 ms", "warn"),
        ("GET /a 200 503 ms", ""),
        ("GET /a 304 - -", ""),
        ("took 503 ms", ""),
        ('{"level":50,"time":1735689600000,"msg":"x"}', "error"),
        ('{"level":40,"msg":"x"}', "warn"),
        ('{"level":30,"msg":"x"}', ""),
        ('{"levelno": 40, "msg": "x"}', "error"),
        ('{"SeverityNumber":17,"Body":"x"}', "error"),
        ('{"severityNumber":9,"body":"x"}', ""),
        ("<11>Oct 11 22:14:15 host su: x", "error"),
        ("<14>Oct 11 22:14:15 host su: x", ""),
        ("PRIORITY=3 MESSAGE=x", "error"),
        ("PRIORITY=6 MESSAGE=x", ""),
        ("a level crossing of 50 trains", ""),
    ],
)
def test_signs(line, expected):
    assert sign(line) == expected


def test_low_levels_are_syslogs_where_none_is_high():
    assert sign('{"level":3,"short_message":"x"}', ['{"level":6,"short_message":"y"}'] * 5) == "error"
    assert sign('{"level":3,"msg":"x"}', ['{"level":30,"msg":"y"}'] * 5) == ""


@pytest.mark.parametrize(
    ("slow", "usual"),
    [
        ("job 9 took 9100 ms", "job 1 took 300 ms"),
        ("job 9 took 31s", "job 1 took 1s"),
        ("job 9 elapsed=12.5s", "job 1 elapsed=0.2s"),
        ('{"job":9,"duration_ms":9100}', '{"job":1,"duration_ms":12}'),
        ('{"job":9,"ms":9100}', '{"job":1,"ms":12}'),
        ("job 9 cost=9100", "job 1 cost=12"),
        ("job 9 耗时: 9100", "job 1 耗时: 12"),
    ],
)
def test_a_duration_far_from_the_rest(slow, usual):
    assert sign(slow, [usual] * 20) == "warn"
    assert sign(usual, [usual] * 20) == ""


def test_what_is_often_slow_is_usual():
    often = ["job 1 took 9000 ms"] * 10 + ["job 2 took 300 ms"] * 20
    assert sign(often[0], often) == ""


def test_asked_classes_of_statuses():
    lines = ["GET /a 200 1 ms", "GET /b 503 1 ms", "GET /c 404 1 ms"]
    assert lines_of_asked_statuses(lines, "Any 5XX or 4xx?") == [1, 2]
    assert lines_of_asked_statuses(lines, "Any failures?") == []
