"""Tells how much at the beginning and at the end of a span asks: between them is the material.

Before: "You answer from the notes.\\n\\n{8,000 characters}\\n\\nWho built the mill?"
After:  the first paragraph and the last one ask
"""

from __future__ import annotations

import re

from token_optimizer.optimizer.embedded.question.about import OpeningForms, is_thread_head
from token_optimizer.optimizer.embedded.question.asking import (
    Role,
    addresses,
    asks,
    asks_mostly,
    asks_question,
    label_role,
    mentions_material,
    speaks_of_self,
)
from token_optimizer.optimizer.embedded.question.sections import (
    MAX_EDGE_CHARS,
    RULE,
    SHORT_CHARS,
    Span,
    units,
)
from token_optimizer.text.mail import is_mail

# What nothing marks or announces is no material where it is shorter.
MIN_PLAIN_CHARS = 1200
# "Best,\nTom": who writes ends so, and asks before that.
_MAX_SIGN_OFF_CHARS = 80
_SIGNS_OFF = re.compile(
    r"(?i)\W{0,3}(?:(?:many |kind |best |warm |viele |beste |liebe |mit freundlichen )?"
    r"(?:thanks?|thank you|thx|regards|wishes|best|cheers|sincerely|yours|grüße?n?|gruß|danke|mfg|lg|merci"
    r"|vielen dank|cordialement|gracias|saludos|atentamente|obrigad[oa]|grazie|saluti|cordiali saluti|dank"
    r"|groet\w*|pozdrawiam|спасибо|с уважением))\b[^\n?]{0,40}(?:\n[^\n?]{1,40}){0,2}\s*\Z"
)
# How to answer, behind all that a question before it is about.
_SAYS_HOW = re.compile(
    r"(?i)\W{0,4}(?:(?:please|bitte|por favor|per favore|merci de)\s)?(?:answer|reply|respond|return|output"
    r"|antworte\w*|beantworte\w*|gib|répond\w*|respond[ae]\w*|rispond[ai]\w*|beantwoord|odpowiedz\w*"
    r"|ответь\w*|отвечай\w*|cevapla\w*|yanıtla\w*|jawab\w*|răspunde\w*)\b(?![^\n]*[:：]\s*\n)"
)
# Behind the material less is said than before it.
_MAX_TAIL_CHARS = 1500


def asking_end(text: str, start: int, end: int, *, to_agent: bool) -> int:
    """Where that ends what asks at the beginning of the span; where it does not end, the span itself reads
    so, and only what introduces it asks."""
    at = first_end = asked_end = start
    introduced = is_asked = False
    told = list(units(text, start, min(end, start + 2 * MAX_EDGE_CHARS)))
    openings = OpeningForms(text, told)
    for number, (begin, stop) in enumerate(told):
        unit = text[begin:stop]
        following = text[slice(*told[number + 1])] if number + 1 < len(told) else ""
        # A question without a question mark may come before the first instruction.
        short_first = not text[start:begin].strip() and stop - begin <= SHORT_CHARS
        short_first = short_first and (asks(following) or _introduces(following))
        # Behind a question no line of a long paragraph asks because it says "shall".
        is_strict = introduced or (is_asked and not _ends_paragraph(unit))
        if is_head(unit) or not (short_first or asks_before(unit, introduced=is_strict)):
            break
        if stop - start > MAX_EDGE_CHARS:
            return first_end
        form = openings.form((begin, stop))
        is_record = openings.are_many(form)
        asks_here = short_first or asks(unit) or _introduces(unit)
        if asks_here and not (is_record and openings.ask_nothing(form)):
            asked_end = stop
        elif is_record or stop - asked_end > MIN_PLAIN_CHARS:
            # One of many records, or what somebody tells at length.
            return asked_end
        at = stop
        is_asked |= _ends_paragraph(unit) and asks_question(unit)
        introduced |= _introduces(unit) or mentions_material(unit)
        first_end = stop if introduced and first_end == start else first_end
    # "We" and "you" stand in what others tell, too.
    is_told = not to_agent and asked_end == start and at - start > SHORT_CHARS
    return start if is_told and not speaks_of_self(text[start:at]) else at


def _ends_paragraph(unit: str) -> bool:
    """Whether a blank line stands at the end of the unit."""
    return unit[len(unit.rstrip()) :].count("\n") > 1


def asks_before(unit: str, *, introduced: bool) -> bool:
    """Whether the unit still belongs to what asks, and not to the material that was `introduced`."""
    if not any(map(str.isalnum, unit)):
        return True
    if introduced:
        return asks_behind(unit, strict=True)
    return asks(unit) or addresses(unit) or _introduces(unit)


def _introduces(unit: str) -> bool:
    return len(unit) <= SHORT_CHARS and unit.rstrip().endswith((":", "："))


def asking_start(text: str, start: int, end: int, *, strict: bool, to_agent: bool) -> int:
    """Where that begins what asks at the end of the span; `strict`: it has a question mark or a label. Where
    that has no beginning, the span itself reads so, and only what is strict asks."""
    at, signed, size = end, end, len(text.rstrip())
    told = list(units(text, max(start, end - 2 * MAX_EDGE_CHARS), end))
    openings = OpeningForms(text, told)
    for begin, stop in reversed(_with_question_apart(text, told, openings)):
        unit = text[begin:stop]
        if not any(map(str.isalnum, unit)):
            continue
        if at == end and signs_off(unit):
            at = signed = begin
            continue
        # What something else follows may be told, with a word in it that asks.
        is_followed = not to_agent and (at < end or end < size)
        if not asks_behind(unit, strict=strict) or (is_followed and not asks_mostly(unit)):
            break
        if openings.ask_nothing(openings.form((begin, stop))):
            break
        if end - begin > _MAX_TAIL_CHARS:
            return at if strict else asking_start(text, start, end, strict=True, to_agent=to_agent)
        at = begin
    # A delimiter before it belongs to it; a name alone asks nothing.
    return _before_rules(text, start, at if at < signed else end)


def signs_off(unit: str) -> bool:
    """Whether the paragraph is nothing but thanks or a name at the end of what somebody writes."""
    return len(unit) <= _MAX_SIGN_OFF_CHARS and _SIGNS_OFF.match(unit) is not None


def _with_question_apart(text: str, told: list[Span], openings: OpeningForms) -> list[Span]:
    """The units; of the last one a question in its last line apart, where the lines above it are one of many
    records."""
    start, end = told[-1] if told else (0, 0)
    begin = text.rfind("\n", start, start + len(text[start:end].rstrip())) + 1
    is_asked = start < begin and is_short_question(text[begin:end].strip())
    if is_asked and not asks(text[start:begin]) and openings.are_many(openings.form((start, begin))):
        return [*told[:-1], (start, begin), (begin, end)]
    return told


def _before_rules(text: str, start: int, at: int) -> int:
    """Where that begins which stands right before a place and is nothing but rules and blank lines."""
    while at > start:
        begin = text.rfind("\n", start, at - 1) + 1 if text.rfind("\n", start, at - 1) >= 0 else start
        line = text[begin:at]
        if line.strip() and not RULE.match(line.rstrip("\n")):
            break
        at = begin
    return at


def asks_behind(unit: str, *, strict: bool) -> bool:
    if not asks(unit):
        return False
    is_marked = asks_question(unit) or label_role(unit) in (Role.QUESTION, Role.INSTRUCTION)
    return not strict or is_marked or _SAYS_HOW.match(unit) is not None


def is_short_question(unit: str) -> bool:
    """Whether the paragraph is one question, or asks in the words of one who speaks to somebody."""
    if len(unit) > SHORT_CHARS or "\n" in unit or not asks_question(unit):
        return False
    return unit.endswith(("?", "？", "؟")) or addresses(unit)


def is_head(unit: str) -> bool:
    """Whether the paragraph begins with the fields of mail, or with who writes, and when."""
    return is_mail(unit) or is_thread_head(unit)
