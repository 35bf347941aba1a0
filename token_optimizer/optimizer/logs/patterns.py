"""Mines the patterns of a log's lines: which line is like which, how often, and how much it tells of trouble.

A line's pattern is the line with numbers, ids, addresses and paths masked, the idea of drain (He et al.,
Drain: An Online Log Parsing Approach with Fixed Depth Tree, ICWS 2017) without its tree. Its family is the
pattern with names masked too: a word is one of many names where the word before it has many followers, as
in "Invalid user <any of 200>".

Words are masked and weighed once each, and patterns once each, so that the cost per line is that of
splitting it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from token_optimizer.optimizer.logs.languages import ERROR_WORDS, WARNING_WORDS
from token_optimizer.optimizer.logs.numbers import signs_of_trouble

# What is read of a line and of a word; the rest cannot tell its pattern any better.
_READ_CHARS = 600
_WORD_CHARS = 120
_PATTERN_WORDS = 60
# A word with so many followers is followed by names, where each of them is at most this share.
_MANY_FOLLOWERS = 8
_NAME_SHARE = 0.125

_VARIABLE = re.compile(r"[\w.\\/@+%$~-]*[\d/\\][\w.\\/@+%$~-]*(?::+[\w.\\/@+%$~-]*\d[\w.\\/@+%$~-]*)*")
# A test that passed, as pytest, cargo, jest, mocha, Go, TAP and GoogleTest tell of it.
_PASSED = re.compile(
    r"""\s*(?:
      \S{1,300}(?:::|\.py\b|\.[jt]sx?\b)\S{0,300}\s+PASSED\b | test\ \S{1,300}(?:\ -\ .{1,80})?\ \.\.\.\ ok$
    | [✓✔√]\s | ok\ \d+\s | ---\ PASS:\ | PASS\ \S | \[\s+OK\s\]\ | PASSED\ \S
    )""",
    re.VERBOSE,
)
_PASSED_MARKS = ("PASS", "ok", "OK", "✓", "✔", "√")
_PASSED_PATTERN = "# passed"
_NAMES_SOMETHING = re.compile(r"[A-Za-z/~]|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d")
_ONE_WORD_OF_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])")
_DATE_WORDS = frozenset((
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Mon", "Tue",
    "Wed", "Thu", "Fri", "Sat", "Sun", "AM", "PM",
))  # fmt: skip
_ALERT_WORDS = (
    (1.1, "fatal|panic\\w*|crash\\w*|sig(?:segv|abrt|bus|kill|ill)|segfault\\w*|emerg\\w*|oom"),
    (1.0, "critical|severe|uncaught|unhandled|assertion|\\w*sanitizer|traceback|backtrace|deadlock\\w*"),
    (0.9, "errors?|err|exceptions?|fail(?!over|[ -]?fast)\\w*|abort\\w*|killed|corrupt\\w*|broken"),
    (0.9, ERROR_WORDS),
    (
        0.8,
        "denied|den(?:y|ies)|refus\\w+|reject\\w*|unexpected\\w*|invalid|illegal|timeouts?|cannot|unable"
        "|unreachable|unavailable|unauthori[sz]ed|forbidden|violat\\w+|malformed|mismatch\\w*|overflow\\w*"
        "|exhaust\\w*|lost|leak(?:s|ed)?|hang|hung|stuck|unsuccessful\\w*|undefined|unresolved|fault\\w*",
    ),
    (0.5, WARNING_WORDS),
    (
        0.5,
        "warn|warning|missing|unknown|unsupported|unrecogni[sz]ed|exceed\\w*|bad|dead|down|dropp\\w+"
        "|conflict\\w*|disconnect\\w*|evict\\w*|kill(?:ing|s)?|slow|expired|interrupt\\w*|incomplete|problem"
        "|stale|throttl\\w+|anomal\\w+|suspicious|attack\\w*|break-?in",
    ),
    (
        0.3,
        "retry\\w*|retries|closed|closing|terminat\\w+|degraded|deprecat\\w+|skipp\\w+|stopp\\w+|exit\\w*|reset|possible|threshold|null|not",
    ),
)
_ALERT = re.compile(
    "|".join(f"(?P<w{at}>(?<![a-z])(?:{words})(?![a-z]))" for at, (_, words) in enumerate(_ALERT_WORDS))
)
_PHRASES = (
    (1.1, ("out of memory", "core dumped", "segmentation fault", "stack overflow", "##[error]", "::error")),
    (0.9, ("exit code #", "exit code: #", "exit status #", "exit status: #", "with code #", "npm err",
           "not ok", "timed out", "giving up", "could not", "couldn't", "can't", "no space left")),
    (0.8, ("not found", "no such", "no route", "does not exist", "not permitted", "not allowed", "returned #",
           "did not", "no response", "unable to", "not responding")),
)  # fmt: skip
_LETTER_LEVEL = re.compile(r"(?:[^\s#]{0,6}#\S* ){0,6}(?:([EF])|W)(?: |/\w|# )|##\[error")
# A level that says error, or what CI systems and sanitizers put before a failure.
_LEVEL = re.compile(
    r"(?:^|[\s\[(<|\"=:-])(?:FATAL|CRITICAL|SEVERE|ERROR|PANIC|EMERG)(?:[\s\])>|\":,-]|$)"
    r"|\b[A-Z]+-(?:UNEXPECTED|CRASH|FAIL|ERROR|TIMEOUT)|\[[\w.-]+:(?:error|fatal)\b|SUMMARY: \w+Sanitizer"
    r"|##\[error|::error|\"(?:level|severity|lvl)\":\s?\"(?:error|fatal|critical|panic)\""
    r"|\blevel=(?:error|fatal|panic)"
)
_ALL_IS_WELL = re.compile(
    r"\b(?:0|no|without|zero|any|ignor\w+) (?:\w+ ){0,1}?(?:errors?|failures?|failed|warnings?|exceptions?"
    r"|problems?|issues?|crash\w*)\b"
    r"|\b[\w.-]{0,40}?(?:error|failure|failed|fail|exception|warning|retries|timeout|crash|killed|abort|exit)\w*"
    r"[\"']?\s?[:=]\s?[\"']?(?:0|none|null|nil|false|no|\"\"|'')(?![\w#.])"
    r"|\b(?:on[ _-])?error[ _-](?:page|handl|log|level|report|document|boundar|budget|code 0\b)\w*"
    r"|\bexit(?:ed)?(?: with)? (?:code|status):? 0\b"
)
# A linter's finding: "F401 [*] `os` imported but unused", "a.py:1:80: E501 Line too long".
_RULE_CODE = re.compile(r"[A-Z]{1,4}\d{3,4}")
_FINDING = re.compile(r"(?:#: )?R#:? (?:\[\*\] )?[`A-Z]")
_FINDING_WEIGHT = 0.8
_LEVEL_ALONE = 0.2
_MAX_OF_OTHERS = 0.3


@dataclass(frozen=True, slots=True)
class LogPattern:
    """One pattern of a log: its text, its family, and how much its lines tell of trouble, from 0 to 1.5."""

    text: str
    family: str
    alarm: float


class _Masked(dict[str, str]):
    """The masked form of each word."""

    def __missing__(self, word: str) -> str:
        masked = self[word] = _masked(word)
        return masked


class _Alarms(dict[str, float]):
    """How much each masked word tells of trouble by itself."""

    def __missing__(self, word: str) -> float:
        found = _ALERT.search(_ONE_WORD_OF_CAMEL.sub(" ", word).lower())
        weight = self[word] = _ALERT_WORDS[int((found.lastgroup or "w0")[1:])][0] if found else 0.0
        return weight


def mine_patterns(lines: Sequence[str]) -> list[LogPattern]:
    """The pattern of each line, in order; lines of one pattern share one object."""
    texts = pattern_texts(lines)
    families = _families(Counter(texts))
    alarms = alarms_of(families)
    known = {text: LogPattern(text, family, alarms[text]) for text, family in families.items()}
    return [known[text] for text in texts]


def pattern_texts(lines: Sequence[str]) -> list[str]:
    """Each line with what varies masked; a number that tells of trouble adds the sign of it."""
    return _signed(lines, _masked_lines(lines))


def _masked_lines(lines: Sequence[str]) -> list[str]:
    masked = _Masked()
    return [_pattern(line[:_READ_CHARS], masked) for line in lines]


def _pattern(line: str, masked: _Masked) -> str:
    """The masked line. Each test has a name of its own, and all that passed say the same."""
    if any(map(line.__contains__, _PASSED_MARKS)) and _PASSED.match(line):
        return _PASSED_PATTERN
    return " ".join([masked[word] for word in line.split()])


def _signed(lines: Sequence[str], texts: list[str]) -> list[str]:
    for at, sign in signs_of_trouble(lines, texts).items():
        texts[at] = f"{texts[at]} !{sign}"
    return texts


def has_few_shapes(lines: Sequence[str], max_share: float) -> bool:
    """Whether the lines may have at most so many patterns, as a share of the lines: those of one pattern have
    as many words and the same first and last one."""
    most = max_share * len(lines)
    shapes: set[tuple[int, str, str]] = set()
    for line in lines:
        words = line[:_READ_CHARS].split() or [""]
        shapes.add((len(words), _fixed(words[0]), _fixed(words[-1])))
        if len(shapes) > most:
            return False
    return True


def has_few_patterns(lines: Sequence[str], max_share: float) -> bool:
    """Whether the lines have at most so many patterns, as a share of the lines."""
    most = max_share * len(lines)
    texts = _masked_lines(lines)
    # Signs of trouble only tell more of them apart.
    return len(set(texts)) <= most and len(set(_signed(lines, texts))) <= most


def _fixed(word: str) -> str:
    """The word where a pattern has it as it is; empty where it may vary."""
    return word if word.isalpha() and word not in _DATE_WORDS else ""


def alarms_of(texts: Iterable[str]) -> dict[str, float]:
    """How much each pattern tells of trouble."""
    alarms = _Alarms()
    return {text: _alarm(text, alarms) for text in texts}


class Details(dict[str, str]):
    """What is masked of each word and names something: a path, a host, an address, an id."""

    def __missing__(self, word: str) -> str:
        masked = () if word.isalpha() else _VARIABLE.findall(word[:_WORD_CHARS])
        detail = self[word] = " ".join([text for text in masked if _NAMES_SOMETHING.match(text)])
        return detail

    def of_line(self, line: str) -> str:
        """The details of the line; empty where it has none."""
        return " ".join(filter(None, map(self.__getitem__, line[:_READ_CHARS].split())))


def _masked(word: str) -> str:
    if word.isalpha():
        return "#" if word in _DATE_WORDS else word
    return _VARIABLE.sub(_mask, word[:_WORD_CHARS])


def _mask(match: re.Match[str]) -> str:
    """A zero stays, since "0 errors" and "5 errors" say different things; and so does what looks like the
    code of a letter level or of a linter's rule."""
    text = match.group()
    if text == "0":
        return text
    if len(text) == 5 and text[0] in "EF" and text[1:].isdigit():
        return "E#"
    return "R#" if _RULE_CODE.fullmatch(text) else "#"


def _families(texts: Counter[str]) -> dict[str, str]:
    """The family of each pattern."""
    followers: dict[str, Counter[str]] = defaultdict(Counter)
    split = {text: text.split(" ")[:_PATTERN_WORDS] for text in texts}
    for text, words in split.items():
        for before, word in pairwise(words):
            followers[before][word] += texts[text]
    names = {before: _names(counts) for before, counts in followers.items() if len(counts) >= _MANY_FOLLOWERS}
    return {text: _family(words, names) for text, words in split.items()}


def _names(followers: Counter[str]) -> set[str]:
    most = _NAME_SHARE * followers.total()
    return {word for word, count in followers.items() if count <= most}


def _family(words: list[str], names: dict[str, set[str]]) -> str:
    return " ".join(
        [
            "*" if before in names and word in names[before] else word
            for before, word in pairwise(["", *words])
        ]
    )


def _alarm(pattern: str, alarms: _Alarms) -> float:
    weight = _weighed(pattern, pattern.lower(), alarms)
    if not weight:
        return 0.0
    without = _ALL_IS_WELL.sub(" ", pattern.lower())
    return weight if len(without) == len(pattern) else _weighed(without, without, alarms)


def _weighed(pattern: str, lowered: str, alarms: _Alarms) -> float:
    """The heaviest sign of trouble counts whole, others a little."""
    signs = [weight for word in set(pattern.split(" ")) if (weight := alarms[word])]
    signs += [weight for weight, phrases in _PHRASES for phrase in phrases if phrase in lowered]
    letter = _LETTER_LEVEL.match(pattern)
    if letter:
        signs.append(1.0 if letter.group(1) else 0.5)
    if _FINDING.match(pattern):
        signs.append(_FINDING_WEIGHT)
    if not signs:
        return 0.0
    level = _LEVEL_ALONE if _LEVEL.search(pattern) else 0.0
    return max(signs) + level + min(_MAX_OF_OTHERS, 0.05 * (len(signs) - 1))
