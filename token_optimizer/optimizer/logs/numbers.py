"""Trouble that a log tells by numbers: HTTP statuses, numeric levels, durations far from the rest.

Levels are those of pino and bunyan (50 and up is an error), Python's `levelno` (40), OpenTelemetry's
`SeverityNumber` (17), and syslog (3 and down: as a level, as PRIORITY, or within `<priority>`). Only lines
whose pattern has a place for such a number are read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Literal

Sign = Literal["error", "warn"]
# (from which number on it is a warning, an error); syslog counts downwards.
_PINO, _LEVELNO, _OTEL, _SYSLOG = (40, 50), (30, 40), (13, 17), (4, 3)

# This one and that of durations begin with the characters that a match may begin with: elsewhere nothing is
# tried.
_STATUS = re.compile(
    r"""[CcDdGgHhOoPpRrSsſ](?i:
      (?:(?<=h)ttp/[\d.]+["']?\s{1,4}
        | (?<!\w\w)(?:(?<=g)et|(?<=p)(?:ost|ut|atch)|(?<=d)elete|(?<=h)ead|(?<=o)ptions)
          \s{1,4}\S{1,500}\s{1,4}(?:HTTP/\S{1,8}\s{1,4})?(?:[-=>→]{1,4}\s{0,4})?
        | (?:(?<=s)tatus|(?<=r)esponse|(?<=r)eturned)(?:[_.\s-]?code)?["']?\s?[:=]?\s?["']?
        | (?<!\w\w)(?<=c)ode["']?\s?[:=]\s?["']?)
      ([1-5]\d\d)\b(?![:.]))""",
    re.VERBOSE,
)
_LEVEL = re.compile(
    r"""\b(?P<key>level|lvl|levelno|severity|severity_?number|priority)["']?\s?[:=]\s?["']?(?P<value>\d{1,2})\b
    | ^<(?P<priority>\d{1,3})>""",
    re.VERBOSE | re.IGNORECASE,
)
_UNIT = (
    r"(?<=\d)(?<![\w.].)(?P<rest>\d{0,11}+(?:\.\d{1,9}+)?+)\s?(?=[nuµms])"
    r"(?P<unit>ns|us|µs|ms|secs?|seconds?|s|minutes?|mins?|m)\b"
)
_DURATION = re.compile(
    rf"""[\dTtDdEeLlCcSsMm耗用所](?i:{_UNIT}
      | (?:(?:(?<=t)ook|(?<=d)uration|(?<=e)lapsed|(?<=l)atency|(?<=t)ime|(?<=c)ost|(?<=s)pent|(?<=d)elay
            |(?<=耗)时|(?<=用)时|(?<=所)要時間)(?:_?(?P<of>ns|us|ms|s))?
          |(?<!\w\w)(?:(?<=m)(?:s|illis)|(?<=s)(?P<seconds>ecs|econds)))["']?
        \s?[:=：]\s?(?P<bare>\d{{1,12}}(?:\.\d{{1,9}})?)(?![\w.]))""",
    re.VERBOSE,
)
# Most lines give no number a name, and then only those with a unit are looked for.
_NAMED_NUMBER = re.compile(r"[:=：](?<=[A-Za-zſ时間\"'\s].)\s?\d{1,12}+(?:\.\d{1,9}+)?+(?![\w.])")
_WITH_UNIT = re.compile(rf"\d(?i:{_UNIT})")
_MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
_MAY_HOLD_STATUS = re.compile(
    r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b|status|\bcode\b|response|returned", re.IGNORECASE
)
_MAY_HOLD_LEVEL = re.compile(r"\b(?:level|lvl|severity|priority)|^<#", re.IGNORECASE)
_MAY_HOLD_DURATION = re.compile(
    r"#\s?(?:[nuµm]?s|secs?|seconds?|m|mins?|minutes?)?\b|took|duration|elapsed|latency|time|cost|spent|delay"
    r"|\b(?:ms|millis|secs|seconds)\b|耗时|用时|所要時間",
    re.IGNORECASE,
)
# A duration is far from the rest of its pattern from so many times their median on, if few are so long; what
# takes so many milliseconds is slow whatever the others took.
_FAR = 8.0
_MIN_FAR_MS = 100.0
_SLOW_MS = 10_000.0
_MIN_ALIKE = 8
_FAR_SHARE = 0.02
_READ_CHARS = 2_000
_ASKED_CLASS = re.compile(r"\b([1-5])xx\b", re.IGNORECASE)


def signs_of_trouble(lines: Sequence[str], patterns: Sequence[str]) -> dict[int, Sign]:
    """By line number, the sign that a number in the line gives; `patterns` has the pattern of each line."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, text in enumerate(patterns):
        if "#" in text:
            places[text].append(at)
    found: dict[int, Sign] = dict.fromkeys(_slow_lines(lines, places), "warn")
    found.update(_levels(lines, places))
    for at in _lines_whose_pattern(places, _MAY_HOLD_STATUS):
        status = _status_of(lines[at])
        if status[:1] in ("4", "5"):
            found[at] = "error" if status[0] == "5" else "warn"
    return found


def lines_of_asked_statuses(lines: Sequence[str], query: str) -> list[int]:
    """The lines with a status of a class that the query names: "5xx" is 500 to 599."""
    classes = {match.group(1) for match in _ASKED_CLASS.finditer(query)}
    if not classes:
        return []
    return [at for at, line in enumerate(lines) if _status_of(line)[:1] in classes]


def _status_of(line: str) -> str:
    """The HTTP status that the line tells, the highest of several; empty where it tells none."""
    return max((match.group(1) for match in _STATUS.finditer(line, 0, _READ_CHARS)), default="")


def _lines_whose_pattern(places: Mapping[str, list[int]], wanted: re.Pattern[str]) -> list[int]:
    """The lines whose pattern may hold what is wanted, in order; `places` has the lines of each pattern."""
    return sorted([at for text, those in places.items() if wanted.search(text) for at in those])


def _levels(lines: Sequence[str], places: Mapping[str, list[int]]) -> dict[int, Sign]:
    numbers: dict[int, tuple[str, int]] = {}
    for at in _lines_whose_pattern(places, _MAY_HOLD_LEVEL):
        if found := _LEVEL.search(lines[at], 0, _READ_CHARS):
            key = (found["key"] or "<>").lower()
            numbers[at] = key, int(found["value"]) if found["value"] else int(found["priority"]) % 8
    highest = max((number for key, number in numbers.values() if key != "<>"), default=0)
    return {
        at: sign for at, (key, number) in numbers.items() if (sign := _sign(number, _scale(key, highest)))
    }


def _scale(key: str, highest: int) -> tuple[int, int]:
    """Which levels a key counts in; where several use the same key, the highest one of the log tells."""
    if key == "levelno":
        return _LEVELNO
    if "number" in key:
        return _OTEL
    if key in ("<>", "priority"):
        return _SYSLOG
    return _PINO if highest >= 10 else _SYSLOG


def _sign(number: int, scale: tuple[int, int]) -> Sign | None:
    warning, error = scale
    beyond: Callable[[int], bool] = number.__le__ if error < warning else number.__ge__
    if beyond(error):
        return "error"
    return "warn" if beyond(warning) else None


def _slow_lines(lines: Sequence[str], places: Mapping[str, list[int]]) -> list[int]:
    """The lines of each pattern that took far longer than the others of it."""
    slow: list[int] = []
    for text, those in places.items():
        if _MAY_HOLD_DURATION.search(text):
            taken = [(ms, at) for at in those if (ms := _longest_ms(lines[at])) is not None]
            slow += _far(taken) if taken else []
    return slow


def _longest_ms(line: str) -> float | None:
    if _NAMED_NUMBER.search(line, 0, _READ_CHARS):
        found = [_milliseconds(match) for match in _DURATION.finditer(line, 0, _READ_CHARS)]
    else:
        found = [_milliseconds_by_unit(match) for match in _WITH_UNIT.finditer(line, 0, _READ_CHARS)]
    return max(found, default=None)


def _milliseconds(match: re.Match[str]) -> float:
    if not match["bare"]:
        return _milliseconds_by_unit(match)
    return float(match["bare"]) * _MILLISECONDS["s" if match["seconds"] else (match["of"] or "ms").lower()]


def _milliseconds_by_unit(match: re.Match[str]) -> float:
    unit = match["unit"].lower()
    return float(match[0][0] + match["rest"]) * _MILLISECONDS.get(unit, _MILLISECONDS.get(unit[0], 1.0))


def _far(durations: list[tuple[float, int]]) -> list[int]:
    far_ms = _SLOW_MS
    if len(durations) >= _MIN_ALIKE:
        far_ms = min(far_ms, max(_MIN_FAR_MS, _FAR * median(taken for taken, _ in durations)))
    far = [at for taken, at in durations if taken >= far_ms]
    return far if len(far) <= max(3, _FAR_SHARE * len(durations)) else []
