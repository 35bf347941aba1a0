"""The passages that have what a question of its form is answered by: a day or a time where it asks when, an
amount of money where it asks what something costs.

Before: "When do the goods arrive?", "The truck leaves on the 14th, so you have them on Friday."
After:  the passage counts, though it has no word of the question
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MONTHS = (
    r"(?:jan(?:uar[iy]?|vier)?|feb(?:ruar[iy]?|ruary)?|m(?:arch|är[zt])|apr(?:il)?|ma[iy]|june?|juni|july?|juli"
    r"|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)"
)
_DAYS = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
    r"|tomorrow|tonight|morgen"
)
_FORMS = (
    (
        re.compile(
            r"(?i)\bwhen\b(?!\s+(?:i|you|we|it)\b)|\b(?:what|which)\s(?:day|date|time|month|year)\b|\bdeadline\b"
            r"|\bwann\b|\bquand\b|\bcuándo\b|\bwelche[mnrs]?\s(?:tag|datum)\b|いつ|何時|何日|什么时候|什麼時候|几点|何年|哪一年|언제"
            r"|\bкогда\b|\bπότε\b|\bne\szaman\b|\bcând\b|\bquando\b|\bkiedy\b|\bwanneer\b|\bkhi\snào\b|\bnăm\snào\b"
            r"|متى|कब\b|เมื่อใด|เมื่อไหร่|เมื่อไร|ปีใด|ปีไหน"
        ),
        re.compile(
            rf"(?i)\b(?:{_DAYS}|\d{{1,2}}(?:st|nd|rd|th)|\d{{1,2}}\.?\s{_MONTHS}|{_MONTHS}\.?\s\d{{1,2}}"
            r"|\d{4}-\d\d-\d\d|\d{1,2}:\d\d|\d{1,2}\s?(?:[ap]\.?m\b|uhr|o'clock)|\d{1,2}[./]\d{1,2}[./]\d{2,4})"
            r"|[\d一二三四五六七八九十]\s?(?:年|月|日|时|時|点|년|월|일)|(?<!\w)1[0-9]\d\d(?!\w)|(?<!\w)20\d\d(?!\w)"
        ),
    ),
    (
        re.compile(
            r"(?i)\bhow\smuch\b|\b(?:price|cost|costs|fee|fees|rent|salary)\b|\bwie\s?viel\b|\bkoste[nt]\b|\bpreis\b"
            r"|\bcombien\b|\bcuánto\b|いくら|多少钱|多少錢|얼마"
        ),
        re.compile(
            r"(?i)[$€£¥]\s?\d|\b(?:eur|usd|gbp|chf)\s\d"
            r"|\d\s?(?:[$€£¥円元원]|(?:eur|usd|gbp|chf|euros?|dollars?|pounds?)\b)|[百千万]\s?[円元원]"
        ),
    ),
)  # fmt: skip
# Who wrote when above quoted mail.
_WROTE = re.compile(r"[>\s]*(?:(?:On|Am|Le|El)\s[^\n]{1,200}:\s*\n|(?:Date|Sent|Datum|Gesendet):)")
# Where more passages have such an answer it tells none from another.
_MAX_SHARE = 0.3


def has_answer_forms(query: str) -> bool:
    """Whether the question is answered by a day, a time or an amount."""
    return any(asks.search(query) for asks, _ in _FORMS)


def answer_shares(query: str, passages: Sequence[str]) -> list[float]:
    """How much of what is asked for by its form each passage has: none where many have it."""
    found = [0.0] * len(passages)
    for asks, answers in _FORMS:
        if asks.search(query) is None:
            continue
        having = [at for at, text in enumerate(passages) if not _WROTE.match(text) and answers.search(text)]
        for at in having if len(having) <= _MAX_SHARE * len(passages) else ():
            found[at] += 1.0
    return found
