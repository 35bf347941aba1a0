"""Tells what a prompt asks from the material that it asks about, whatever its layout.

The asking stands at the edges of a message: questions, instructions, and what labels and headings announce as
such. What stands between delimiters (tags, lines of dashes, quotes), under a label that announces material,
or is long running text between them, is material.

Before: "Use this.\n-----\n{8,000 characters}\n-----\nQuestion: Who built it?"
After:  the 8,000 characters are material, the rest is the asking
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from token_optimizer.optimizer.embedded.question.about import (
    OpeningForms,
    asks_for_something,
    is_commit_history,
    is_numbered_through,
    is_others,
    is_printed_table,
    is_questions_with_answers,
    is_thread,
    questions_about,
)
from token_optimizer.optimizer.embedded.question.asking import (
    MAX_ASKING_CHARS,
    Role,
    asks,
    asks_question,
    asks_unmarked,
    directive_share,
    mentions_material,
    personal_share,
    reader_directive_share,
)
from token_optimizer.optimizer.embedded.question.edges import (
    MIN_PLAIN_CHARS,
    asking_end,
    asking_start,
    asks_before,
    asks_behind,
    is_head,
    is_short_question,
    signs_off,
)
from token_optimizer.optimizer.embedded.question.follow_ups import points_back
from token_optimizer.optimizer.embedded.question.introductions import introduces_material, names_what_follows
from token_optimizer.optimizer.embedded.question.quizzes import quiz_start
from token_optimizer.optimizer.embedded.question.sections import (
    DIRECTIVE_SHARE,
    SHORT_CHARS,
    TAG,
    Section,
    Span,
    paragraphs,
    sections_of,
    units,
)
from token_optimizer.optimizer.prose.directives import demands
from token_optimizer.text.mail import is_mail, mail_heads
from token_optimizer.text.sentences import is_shorter
from token_optimizer.text.tables import separator_of

# Shorter material gains less than the risk where it is delimited or announced.
_MIN_MARKED_CHARS = 600
_MIN_ARTICLE_CHARS, _MAX_PERSONAL_SHARE = 4000, 0.15
# A longer text is no task, however much it directs.
_MAX_TASK_CHARS = 12_000
# What stands around material: quotes, and lines of dashes and the like.
_MARKS = r"(?:\"{3,}+|'{3,}+|[-=*_~#<>]{3,}+[ \t]*+(?=\n|\Z)|\s)++"
_MARKS_BEFORE, _MARKS_BEHIND = re.compile(_MARKS), re.compile(_MARKS + r"\Z")
_MAX_MARKS_CHARS = 100
_MIN_RULED, _MIN_RULED_CHARS = 4, 200
_MIN_ROWS, _ROWS_SHARE, _SAMPLE_CHARS = 10, 0.9, 20_000
# The description of an API is looked up in, whatever introduces it.
_API = re.compile(r'\s*(?:`{3,}\w*\s*)?\{\s*"(?:openapi|swagger)"\s*:\s*"\d')
_QUOTES = ('"""', "'''")
# Where more of the paragraphs are questions, the material is an interview, or a list of them.
_ASKING_SHARE = 0.1
_FOREIGN_FORMS = (is_thread, is_printed_table, is_commit_history)
# No tag has such a name.
_WHOLE = "-"
_ENDS_SENTENCE = re.compile(r"[.!…。．][\"'”’»)\]]{0,3}\s*\Z")


class Embedded(NamedTuple):
    """A span of a text that is no asking: material, or `background` that the user may have written."""

    start: int
    end: int
    is_background: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A span that asks, or that may be material: `announced` by a label or by what is said around it,
    `introduced` by a label or by what stands right before it, or at least `marked` by delimiters."""

    start: int
    end: int
    material: bool = False
    announced: bool = False
    introduced: bool = False
    marked: bool = False
    role: Role = Role.NONE
    whole: bool = False


def embedded_spans(
    text: str, blocks: Iterable[Span] = (), *, instructions: bool = False, to_agent: bool = False
) -> list[Embedded]:
    """What is no asking in the text of a user; in a text of `instructions` what is announced as material.

    What is known to be one thing, as a fence is or a JSON value, is given in `blocks`. `to_agent`: what is
    told at length to an agent is a plan that it works by, not material with a word in it that asks.
    """
    if is_shorter(text, _MIN_MARKED_CHARS):
        return []
    sections = sections_of(text, set(blocks), instructions=instructions)
    if _is_short_asking(text, sections):
        return []
    parts = list(_with_short_asking(text, _merged(text, _parts(text, sections, to_agent=to_agent))))
    if not any(text[part.start : part.end].strip() for part in parts if not part.material):
        parts = list(_with_questions_between(text, parts)) or _with_short_edges(text, parts)
    material = [part for part in parts if part.material]
    if instructions:
        material = [part for part in material if part.introduced or _is_named(text, part)]
    found = [one for part in material if (one := _embedded(text, part, parts, to_agent=to_agent)) is not None]
    return [one for one in found if one.end > one.start]


def _is_short_asking(text: str, sections: Sequence[Section]) -> bool:
    """Whether the text is too short for material that nothing marks, labels or speaks of. A pointer at
    material that stands in a part of a text of ASCII is one in the whole text."""
    if len(text) >= MIN_PLAIN_CHARS or not text.isascii() or text.isspace():
        return False
    is_plain = not any(
        section.asks or section.closed or section.role is Role.MATERIAL for section in sections
    )
    return is_plain and not mail_heads(text) and not mentions_material(text)


def _is_named(text: str, part: Part) -> bool:
    """Whether the part is known to be one thing, and the line before it, or its own beginning, says what."""
    if not part.whole:
        return False
    is_api = _API.match(text, part.start, part.end) is not None
    return is_api or names_what_follows(text[max(0, part.start - SHORT_CHARS) : part.start])


def _embedded(text: str, part: Part, parts: Sequence[Part], *, to_agent: bool) -> Embedded | None:
    """The part as material, or as background where it may be the user's own; None where it is his task."""
    span = text[part.start : part.end]
    asking = "\n".join(text[one.start : one.end] for one in parts if not one.material)
    is_labelled = any(one.role is Role.QUESTION for one in parts)
    is_told_apart = part.announced or part.marked or is_labelled or points_back(asking.strip())
    is_material = is_told_apart or _is_known(span, asking)
    if not is_material and (about := questions_about(asking, span)):
        is_material = _is_foreign(span, asking) or is_others(about, span)
    elif not is_material:
        is_material = _is_foreign(span, asking) and reader_directive_share(span) < DIRECTIVE_SHARE
        if not (is_material or asks(asking) or to_agent):
            is_material = _is_article(span)
        if not is_material and _is_task(span):
            return None
    # What is one thing, as a source is, may begin with quotes of its own.
    is_open = part.whole and span.lstrip()[:3] in _QUOTES
    bounds = _without_space(text, part.start, part.end) if is_open else _trimmed(text, part.start, part.end)
    return Embedded(*bounds, is_background=not is_material)


def _with_short_asking(text: str, parts: Sequence[Part]) -> Iterator[Part]:
    """The parts; what is too short for material belongs to the asking around it, where it does not stand
    among material."""
    for is_material, group in groupby(parts, key=attrgetter("material")):
        run = list(group)
        long = [number for number, part in enumerate(run) if is_material and not _is_short(text, part)]
        for number, part in enumerate(run):
            yield replace(part, material=bool(long) and long[0] <= number <= long[-1])


def _is_short(text: str, part: Part) -> bool:
    told = text[part.start : part.end].strip()
    least = _MIN_MARKED_CHARS if part.announced or part.marked or is_mail(told) else MIN_PLAIN_CHARS
    return is_shorter(told, least)


def _is_foreign(span: str, asking: str) -> bool:
    """Whether somebody else wrote what the user asks about: it speaks to nobody and directs nobody."""
    is_asked = asks_question(asking) or asks_unmarked(asking)
    return is_asked and not demands(span) and personal_share(span) < DIRECTIVE_SHARE


def _is_article(span: str) -> bool:
    """Whether a text that is all that is said is handed in: nobody tells so much himself without speaking to
    somebody, or demanding something."""
    if is_shorter(span, _MIN_ARTICLE_CHARS) or demands(span):
        return False
    return max(personal_share(span), directive_share(span)) < _MAX_PERSONAL_SHARE


def _is_known(span: str, asking: str) -> bool:
    """Whether the form of the text says that nobody writes it to ask or tell something."""
    if _is_table(span) or is_mail(span) or any(has_form(span) for has_form in _FOREIGN_FORMS):
        return True
    return asks_for_something(asking) and (is_numbered_through(span) or is_questions_with_answers(span))


def _is_table(span: str) -> bool:
    """Whether nearly all lines are rows of a table, whatever they say."""
    lines = [line for line in span[:_SAMPLE_CHARS].split("\n") if line.strip()]
    return len(lines) >= _MIN_ROWS and separator_of(lines, _ROWS_SHARE) is not None


def _is_task(span: str) -> bool:
    """Whether the long text is what the user wants done: such a text is full of directives, and no list of
    questions with "Answer:" below each."""
    is_directing = len(span) <= _MAX_TASK_CHARS and directive_share(span) >= DIRECTIVE_SHARE
    return is_directing and not is_questions_with_answers(span)


def _parts(text: str, sections: list[Section], *, to_agent: bool) -> Iterator[Part]:
    """The sections that ask or stand apart, and between them the runs of the others without what asks at
    their edges."""
    run: list[Section] = []
    asked = False
    # What more of the same would be told by: nothing, or how the introduced material before it opens.
    goes_on = ""
    for section in sections:
        if not section.asks and not section.closed:
            run.append(section)
            continue
        labelled = section.role is Role.MATERIAL or _is_labelled(section, run)
        if goes_on and _opening(text, section) == goes_on:
            # What stands between two blocks of introduced material, or two turns in tags, is a part of it.
            yield from (Part(one.start, one.end, material=True, introduced=True) for one in run)
            labelled = True
        else:
            yield from _parts_of_run(text, run, asked=False, to_agent=to_agent)
        run = []
        asked |= section.role is Role.QUESTION
        part = _apart(text, section, labelled=labelled)
        goes_on = _opening(text, section) if part.introduced else ""
        yield part
    yield from _parts_of_run(text, run, asked=asked, to_agent=to_agent)


def _opening(text: str, section: Section) -> str:
    """What tells that a closed section is of one kind with another: that it is known to be one thing, or the
    name of its tag; empty for all others."""
    if section.whole:
        return _WHOLE
    tag = TAG.match(text, section.start) if section.closed else None
    return tag.group(2) if tag else ""


def _is_labelled(section: Section, run: Sequence[Section]) -> bool:
    """Whether a label of material stands above the section, with no more than headings between."""
    label = next((one for one in reversed(run) if one.role is Role.MATERIAL), None)
    return label is not None and section.start - label.body < _MIN_MARKED_CHARS


def _apart(text: str, section: Section, *, labelled: bool) -> Part:
    if section.asks:
        return Part(section.start, section.end, role=section.role)
    before = text[max(0, section.start - MAX_ASKING_CHARS) : section.start]
    return Part(
        section.start,
        section.end,
        material=True,
        announced=labelled or mentions_material(before),
        introduced=labelled or introduces_material(before),
        marked=True,
        whole=section.whole,
    )


def _parts_of_run(text: str, run: list[Section], *, asked: bool, to_agent: bool) -> Iterator[Part]:
    """What asks before the material, the material, and what asks behind it; nothing more needs to ask behind
    it where a question was `asked`."""
    if not run:
        return
    start, end = run[0].start, run[-1].end
    if end - start <= SHORT_CHARS and not text[start:end].strip():
        # Between tags hardly anything else stands.
        yield Part(start, end)
        return
    labelled = next((section for section in run if section.role is Role.MATERIAL), None)
    is_told = labelled is None and _begins_with_document(text, run)
    begin = (
        start if is_told else asking_end(text, start, labelled.start if labelled else end, to_agent=to_agent)
    )
    announced, introduced = mentions_material(text[start:begin]), introduces_material(text[start:begin])
    if labelled and labelled.start - begin < MIN_PLAIN_CHARS:
        begin, announced, introduced = labelled.body, True, True
    elif labelled and not introduced:
        # What stands before the label is not announced by it.
        yield Part(start, begin)
        yield Part(begin, labelled.start, material=True, announced=announced)
        start = begin = labelled.start
        announced = introduced = True
    tail = _after_rule(text, run, begin)
    tail = quiz_start(text, begin, tail)
    is_asked = asked or asks_question(text[start:begin])
    is_asked = is_asked or (_parts_many(run) and asks_question(text[tail:end]))
    last = asking_start(text, begin, tail, strict=is_asked, to_agent=to_agent)
    announced = announced or mentions_material(text[last:end])
    yield Part(start, begin)
    yield Part(begin, last, material=True, announced=announced, introduced=introduced)
    yield Part(last, end)


def _begins_with_document(text: str, run: Sequence[Section]) -> bool:
    """Whether rules part many documents, and what stands before the first rule is one of them: its
    beginning asks, addresses and introduces nothing, and its end neither asks nor speaks of the rest."""
    if not _parts_many(run) or run[0].ruled:
        return False
    if run[0].end - run[0].start < _MIN_RULED_CHARS:
        return False
    told = list(units(text, run[0].start, run[0].end))
    first, last = text[slice(*told[0])], text[slice(*told[-1])]
    is_asked = asks_before(first, introduced=False) or asks_behind(last, strict=True)
    return not (is_asked or mentions_material(last))


def _parts_many(run: Sequence[Section]) -> bool:
    """Whether rules part many sections of the run."""
    return sum(section.ruled for section in run) >= _MIN_RULED


def _after_rule(text: str, run: list[Section], begin: int) -> int:
    """Where a last short section starts that a rule parts from the material before it; else the run's end."""
    last = run[-1]
    is_short = last.end - last.body <= MAX_ASKING_CHARS and text[last.body : last.end].strip()
    return last.start if last.ruled and is_short and last.start > begin else last.end


def _merged(text: str, parts: Iterable[Part]) -> list[Part]:
    """The parts, what is material side by side as one."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        is_more = last is not None and part.material and not (last.whole or part.whole)
        if last and last.material and (is_more or not text[part.start : part.end].strip()):
            merged[-1] = Part(
                last.start,
                part.end,
                last.material,
                last.announced or part.announced,
                last.introduced or part.introduced,
                last.marked or part.marked,
                last.role,
                last.whole,
            )
        elif part.end > part.start:
            merged.append(part)
    return merged


def _with_questions_between(text: str, parts: list[Part]) -> Iterator[Part]:
    """The parts, with the paragraphs that are a short question apart, if there are any and few of them."""
    told = list(paragraphs(text, parts[0].start, parts[-1].end))
    asking = [span for span in told if is_short_question(text[slice(*span)].strip())]
    if not 0 < len(asking) <= max(1, _ASKING_SHARE * len(told)):
        return
    for part in parts:
        at = part.start
        for begin, stop in asking:
            if part.start <= begin and stop <= part.end:
                yield replace(part, start=at, end=begin)
                yield Part(begin, stop)
                at = stop
        yield replace(part, start=at)


def _with_short_edges(text: str, parts: list[Part]) -> list[Part]:
    """Where nothing asks by its words, what is short at the edges asks: best what is no whole sentence, else
    the last paragraph."""
    start, end = parts[0].start, parts[-1].end
    told = list(paragraphs(text, start, end))
    openings = OpeningForms(text, told)
    edges = [
        unit
        for unit in (told[0], told[-1])
        if unit[1] - unit[0] <= SHORT_CHARS and not openings.are_many(openings.form(unit))
        if not (is_head(text[slice(*unit)]) or signs_off(text[slice(*unit)]))
    ]
    if len(told) < 2 or not edges:
        return parts
    open_ended = [unit for unit in edges if not _ENDS_SENTENCE.search(text[slice(*unit)])]
    asking = open_ended or edges[-1:]
    begin = told[0][1] if told[0] in asking else start
    last = told[-1][0] if told[-1] in asking else end
    inner = [replace(part, start=max(part.start, begin), end=min(part.end, last)) for part in parts]
    return [Part(start, begin), *(part for part in inner if part.end > part.start), Part(last, end)]


def _trimmed(text: str, start: int, end: int) -> Span:
    """The span without its delimiters: the tags of a single element, quotes, rules, blank lines."""
    first, last = _without_space(text, start, end)
    opening = TAG.match(text, first, last)
    if opening and not opening.group(1):
        closing = f"</{opening.group(2)}>"
        if text.find(closing, opening.end(), last) == last - len(closing):
            first, last = _without_space(text, opening.end(), last - len(closing))
    marks = _MARKS_BEFORE.match(text, first, last)
    first = marks.end() if marks else first
    marks = _MARKS_BEHIND.search(text, max(first, last - _MAX_MARKS_CHARS), last)
    last = marks.start() if marks else last
    first, last = _without_space(text, first, last)
    # A line end belongs to the line, and so does the space before it.
    begin, stop = text.rfind("\n", 0, first) + 1, text.find("\n", last, end) + 1
    first = first if text[begin:first].strip() else max(begin, start)
    return first, stop if stop and not text[last:stop].strip() else last


def _without_space(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
