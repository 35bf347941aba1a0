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
from typing import NamedTuple

from token_optimizer.optimizer.embedded.asking import (
    MAX_ASKING_CHARS,
    Role,
    addresses,
    announces_what_follows,
    asks,
    asks_question,
    closes,
    directive_share,
    heading_name,
    label_of,
    label_role,
    mentions_material,
    personal_share,
    role_of_name,
)
from token_optimizer.optimizer.prose.directives import has_directive
from token_optimizer.sentences import sentence_spans

Span = tuple[int, int]

# Shorter material gains less than the risk: what is delimited or announced, and what is not.
_MIN_MARKED_CHARS = 600
_MIN_PLAIN_CHARS = 1200
# A longer text is no task, however much it directs.
_MAX_TASK_CHARS = 12_000
_MIN_REGION_CHARS = 200
# Whatever asks at an edge of a text is no longer than this.
_MAX_EDGE_CHARS = 3000
_SHORT_EDGE_CHARS = 300
# Behind the material less is said than before it.
_MAX_TAIL_CHARS = 1500
# A question or instruction that is wrapped in tags is taken apart where it is longer.
_LARGE_ASKING_CHARS = 2000
# Where so many labels ask, the material itself is a list of questions.
_MAX_ASKING_LABELS = 4
_DIRECTIVE_SHARE = 0.3
_MAX_DEPTH = 4

_TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,60})((?:\s[^<>]{0,400})?)>")
_QUOTE_MARKS = ('"""', "'''", "```")
_QUOTES = re.compile(r"\"{3,}|'{3,}|`{3,}")
_RULE = re.compile(r"[ \t]*([-=*_~#+.<>|—–])(?:[ \t]?\1){2,}[ \t]*$")
# A label in a list, or indented, is one of the text itself.
_IS_INNER = re.compile(r"[ \t]{2,}|[ \t]*[-*+•][ \t]")
# What stands around material: quotes, and lines of dashes and the like.
_DELIMITERS = re.compile(r"(?:\"{3,}|'{3,}|[-=*_~#<>]{3,}[ \t]*(?=\n|\Z)|\s)+")
_MAX_DELIMITER_CHARS = 100
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\S")
_ENDS_SENTENCE = re.compile(r"[.!…。．][\"'”’»)\]]{0,3}\s*\Z")
_BLANK = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text from `start` to `end`, whose label or delimiter ends at `body`.

    A `closed` section stands between delimiters of its own, so that nothing of it belongs to its neighbours;
    a `whole` one is known to be one thing. A `headed` section stands under a heading,
    a `ruled` one under a line of dashes or the like.
    """

    start: int
    body: int
    end: int
    role: Role = Role.NONE
    closed: bool = False
    headed: bool = False
    ruled: bool = False
    whole: bool = False

    @property
    def asks(self) -> bool:
        return self.role in (Role.QUESTION, Role.INSTRUCTION)


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


def embedded_spans(text: str, blocks: Sequence[Span] = (), *, instructions: bool = False) -> list[Embedded]:
    """What is no asking in the text of a user; in a text of `instructions` what is announced as material.

    What is known to be one thing, as a fence is or a JSON value, is given in `blocks`.
    """
    if len(text) < _MIN_MARKED_CHARS:
        return []
    sections = list(_with_asking_apart(text, _sections(text, 0, len(text), blocks, 0)))
    if instructions:
        sections = [_as_instruction(text, section) for section in sections]
    parts = [_asking_if_short(text, part) for part in _merged(text, _parts(text, sections))]
    if not any(text[part.start : part.end].strip() for part in parts if not part.material):
        parts = _with_short_edges(text, parts)
    asking = "\n".join(text[part.start : part.end] for part in parts if not part.material)
    is_labelled = any(part.role is Role.QUESTION for part in parts)
    found = []
    for part in parts:
        if not part.material or (instructions and not part.introduced):
            continue
        span = text[part.start : part.end]
        is_material = part.announced or part.marked or is_labelled or _is_foreign(span, asking)
        if is_material or not _is_task(span):
            start, end = _trimmed(text, part.start, part.end)
            found.append(Embedded(start, end, is_background=not is_material))
    return [one for one in found if one.end > one.start]


def _asking_if_short(text: str, part: Part) -> Part:
    """The part; what is too short for material belongs to the asking around it."""
    least = _MIN_MARKED_CHARS if part.announced or part.marked else _MIN_PLAIN_CHARS
    is_short = part.material and len(text[part.start : part.end].strip()) < least
    return replace(part, material=False) if is_short else part


def _is_foreign(span: str, asking: str) -> bool:
    """Whether somebody else wrote what the user asks about: it speaks to nobody and directs nobody."""
    return asks_question(asking) and not has_directive(span) and personal_share(span) < _DIRECTIVE_SHARE


def _is_task(span: str) -> bool:
    """Whether the long text is what the user wants done: such a text is full of directives."""
    return len(span) <= _MAX_TASK_CHARS and directive_share(span) >= _DIRECTIVE_SHARE


def _parts(text: str, sections: list[Section]) -> Iterator[Part]:
    """The sections that ask or stand apart, and between them the runs of the others without what asks at
    their edges."""
    run: list[Section] = []
    asked = False
    for section in sections:
        if not section.asks and not section.closed:
            run.append(section)
            continue
        yield from _parts_of_run(text, run, asked=False)
        labelled = section.role is Role.MATERIAL or (bool(run) and run[-1].role is Role.MATERIAL)
        run = []
        asked |= section.role is Role.QUESTION
        yield _apart(text, section, labelled=labelled)
    yield from _parts_of_run(text, run, asked=asked)


def _apart(text: str, section: Section, *, labelled: bool) -> Part:
    if section.asks:
        return Part(section.start, section.end, role=section.role)
    before = text[max(0, section.start - MAX_ASKING_CHARS) : section.start]
    return Part(
        section.start,
        section.end,
        material=True,
        announced=labelled or mentions_material(before),
        introduced=labelled or _introduces_material(before),
        marked=True,
        whole=section.whole,
    )


def _introduces_material(before: str) -> bool:
    """Whether the last paragraph says that material follows."""
    said = before.rstrip().rpartition("\n\n")[2]
    return mentions_material(said) and (said.endswith((":", "：")) or announces_what_follows(said))


def _parts_of_run(text: str, run: list[Section], *, asked: bool) -> Iterator[Part]:
    """What asks before the material, the material, and what asks behind it; nothing more needs to ask behind
    it where a question was `asked`."""
    if not run:
        return
    start, end = run[0].start, run[-1].end
    labelled = next((section for section in run if section.role is Role.MATERIAL), None)
    begin = _asking_end(text, start, labelled.start if labelled else end)
    announced, introduced = mentions_material(text[start:begin]), _introduces_material(text[start:begin])
    if labelled and labelled.start - begin < _MIN_PLAIN_CHARS:
        begin, announced, introduced = labelled.body, True, True
    elif labelled and not introduced:
        # What stands before the label is not announced by it.
        yield Part(start, begin)
        yield Part(begin, labelled.start, material=True, announced=announced)
        start = begin = labelled.start
        announced = introduced = True
    tail = _after_rule(text, run, begin)
    last = _asking_start(text, begin, tail, strict=asked or asks_question(text[start:begin]))
    announced = announced or mentions_material(text[last:end])
    yield Part(start, begin)
    yield Part(begin, last, material=True, announced=announced, introduced=introduced)
    yield Part(last, end)


def _after_rule(text: str, run: list[Section], begin: int) -> int:
    """Where a last short section starts that a rule parts from the material before it; else the run's end."""
    last = run[-1]
    is_short = last.end - last.body <= MAX_ASKING_CHARS and text[last.body : last.end].strip()
    return last.start if last.ruled and is_short and last.start > begin else last.end


def _merged(text: str, parts: Iterable[Part]) -> list[Part]:
    """The parts, what is material side by side as one."""
    merged: list[Part] = []
    for part in parts:
        blank = not text[part.start : part.end].strip()
        last = merged[-1] if merged else None
        if last and last.material and (blank or (part.material and not (last.whole or part.whole))):
            merged[-1] = replace(
                last,
                end=part.end,
                announced=last.announced or part.announced,
                introduced=last.introduced or part.introduced,
                marked=last.marked or part.marked,
            )
        elif part.end > part.start:
            merged.append(part)
    return merged


def _with_short_edges(text: str, parts: list[Part]) -> list[Part]:
    """Where nothing asks by its words, what is short at the edges asks: best what is no whole sentence, else
    the last paragraph."""
    start, end = parts[0].start, parts[-1].end
    units = list(_paragraphs(text, start, end))
    edges = [unit for unit in (units[0], units[-1]) if unit[1] - unit[0] <= _SHORT_EDGE_CHARS]
    if len(units) < 2 or not edges:
        return parts
    open_ended = [unit for unit in edges if not _ENDS_SENTENCE.search(text[slice(*unit)])]
    asking = open_ended or edges[-1:]
    begin = units[0][1] if units[0] in asking else start
    last = units[-1][0] if units[-1] in asking else end
    inner = [replace(part, start=max(part.start, begin), end=min(part.end, last)) for part in parts]
    return [Part(start, begin), *(part for part in inner if part.end > part.start), Part(last, end)]


def _asking_end(text: str, start: int, end: int) -> int:
    """Where that ends what asks at the beginning of the span; where it does not end, the span itself reads so,
    and only what introduces it asks."""
    at = first_end = start
    introduced = False
    units = list(_units(text, start, min(end, start + 2 * _MAX_EDGE_CHARS)))
    for number, (begin, stop) in enumerate(units):
        unit = text[begin:stop]
        following = text[slice(*units[number + 1])] if number + 1 < len(units) else ""
        # A question without a question mark may come before the first instruction.
        short_first = not text[start:begin].strip() and stop - begin <= _SHORT_EDGE_CHARS
        short_first = short_first and (asks(following) or _introduces(following))
        if not (short_first or _asks_before(unit, introduced=introduced)):
            return at
        if stop - start > _MAX_EDGE_CHARS:
            return first_end
        at = stop
        introduced |= _introduces(unit) or mentions_material(unit)
        first_end = stop if introduced and first_end == start else first_end
    return at


def _asks_before(unit: str, *, introduced: bool) -> bool:
    """Whether the unit still belongs to what asks, and not to the material that was `introduced`."""
    if not any(map(str.isalnum, unit)):
        return True
    if introduced:
        return _asks_behind(unit, strict=True)
    return asks(unit) or addresses(unit) or _introduces(unit)


def _introduces(unit: str) -> bool:
    return len(unit) <= _SHORT_EDGE_CHARS and unit.rstrip().endswith((":", "："))


def _asking_start(text: str, start: int, end: int, *, strict: bool) -> int:
    """Where that begins what asks at the end of the span; `strict`: it has a question mark or a label. Where
    that has no beginning, the span itself reads so, and only what is strict asks."""
    at = end
    for begin, stop in reversed(list(_units(text, max(start, end - 2 * _MAX_EDGE_CHARS), end))):
        unit = text[begin:stop]
        if not any(map(str.isalnum, unit)):
            continue
        if not _asks_behind(unit, strict=strict):
            break
        if end - begin > _MAX_TAIL_CHARS:
            return at if strict else _asking_start(text, start, end, strict=True)
        at = begin
    # A delimiter before it belongs to it.
    return _before_rules(text, start, at)


def _before_rules(text: str, start: int, at: int) -> int:
    """Where that begins which stands right before a place and is nothing but rules and blank lines."""
    while at > start:
        begin = text.rfind("\n", start, at - 1) + 1 if text.rfind("\n", start, at - 1) >= 0 else start
        line = text[begin:at]
        if line.strip() and not _RULE.match(line.rstrip("\n")):
            break
        at = begin
    return at


def _asks_behind(unit: str, *, strict: bool) -> bool:
    if not asks(unit):
        return False
    return not strict or asks_question(unit) or label_role(unit) in (Role.QUESTION, Role.INSTRUCTION)


def _units(text: str, start: int, end: int) -> Iterator[Span]:
    """The paragraphs of the span; of a long one the lines, and of a long line the sentences."""
    for begin, stop in _paragraphs(text, start, end):
        lines = list(_lines(text, begin, stop))
        if stop - begin <= MAX_ASKING_CHARS and not any(_RULE.match(text[a:b].rstrip()) for a, b in lines):
            yield begin, stop
            continue
        for first, last in lines:
            if last - first <= MAX_ASKING_CHARS:
                yield first, last
            else:
                yield from ((first + a, first + b) for a, b in sentence_spans(text[first:last]))


def _paragraphs(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _BLANK.finditer(text, start, end):
        yield start, match.end()
        start = match.end()
    if start < end:
        yield start, end


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end:
        stop = min(text.find("\n", start, end) + 1 or end, end)
        yield start, stop
        start = stop


def _with_asking_apart(text: str, sections: list[Section]) -> Iterator[Section]:
    """The sections; of one that asks only as much asks as reads so."""
    labels = sum(section.asks for section in sections)
    for section in sections:
        if not section.asks:
            yield section
        elif (
            labels > _MAX_ASKING_LABELS and section not in (sections[0], sections[-1]) and not section.headed
        ):
            yield replace(section, role=Role.NONE)
        else:
            end = _end_of_asking(text, section)
            yield replace(section, end=end)
            if end < section.end:
                yield Section(end, end, section.end, closed=section.closed)


def _end_of_asking(text: str, section: Section) -> int:
    """Where a section that asks by its label ends to do so: with its first paragraph, and what asks after it."""
    at = start = _first_question_end(text, section)
    for begin, stop in _units(text, start, section.end):
        unit = text[begin:stop]
        first = not text[section.body : begin].strip()
        if not (first or asks(unit) or addresses(unit) or _LIST_ITEM.match(unit) or not unit.strip()):
            break
        if stop - section.start > _MAX_EDGE_CHARS and not first:
            break
        at = stop
    return section.end if section.end - at < _MIN_MARKED_CHARS else at


def _first_question_end(text: str, section: Section) -> int:
    """Where the first line of the section ends if it is a whole question; else where its label does."""
    end = text.find("\n", section.body, section.end) + 1 or section.end
    return end if text[section.body : end].rstrip().endswith(("?", "？", "؟")) else section.body


def _as_instruction(text: str, section: Section) -> Section:
    """A section under a heading of no known role is an instruction where it reads like one."""
    if section.role is Role.NONE and section.headed:
        if directive_share(text[section.body : section.end]) >= _DIRECTIVE_SHARE:
            return replace(section, role=Role.INSTRUCTION)
    return section


def _sections(text: str, start: int, end: int, blocks: Sequence[Span], depth: int) -> list[Section]:
    """The sections of a text by its tags, quotes, headings, rules and labels."""
    found: list[Section] = []
    for begin, stop, role in _regions(text, start, end, blocks):
        found.extend(_by_lines(text, start, begin))
        found.extend(_of_region(text, begin, stop, role, blocks, depth))
        start = stop
    found.extend(_by_lines(text, start, end))
    return [section for section in found if section.end > section.start]


def _of_region(
    text: str, begin: int, stop: int, role: Role, blocks: Sequence[Span], depth: int
) -> list[Section]:
    """A region, taken apart where tags hold both what asks and what is asked about."""
    large = role not in (Role.QUESTION, Role.INSTRUCTION) or stop - begin > _LARGE_ASKING_CHARS
    opening = _TAG.match(text, begin)
    if opening and large and depth < _MAX_DEPTH:
        inner = _sections(text, opening.end(), stop, blocks, depth + 1)
        if 0 < sum(section.asks for section in inner) <= _MAX_ASKING_LABELS:
            return [Section(begin, opening.end(), opening.end(), Role.INSTRUCTION), *inner]
    return [Section(begin, begin, stop, role, closed=True, whole=(begin, stop) in blocks)]


def _regions(text: str, start: int, end: int, blocks: Sequence[Span]) -> Iterator[tuple[int, int, Role]]:
    """The outermost regions between a pair of tags or of quotes, and the blocks."""
    known = [(*block, Role.NONE) for block in blocks if start <= block[0] and block[1] <= end]
    spans = [*known, *_tagged(text, start, end), *_quoted(text, start, end)]
    at = start
    for begin, stop, role in sorted(spans, key=lambda span: (span[0], -span[1])):
        if begin >= at:
            yield begin, stop, role
            at = stop


def _tagged(text: str, start: int, end: int) -> Iterator[tuple[int, int, Role]]:
    opened: dict[str, list[int]] = {}
    for match in _TAG.finditer(text, start, end):
        closing, name, rest = match.groups()
        if not closing:
            if not rest.endswith("/"):
                opened.setdefault(name, []).append(match.start())
            continue
        if opened.get(name):
            begin, role = opened[name].pop(), role_of_name(name)
            if match.end() - begin >= _MIN_REGION_CHARS or role in (Role.QUESTION, Role.INSTRUCTION):
                yield begin, match.end(), role


def _quoted(text: str, start: int, end: int) -> Iterator[tuple[int, int, Role]]:
    if not any(mark in text for mark in _QUOTE_MARKS):
        return
    opened: dict[str, int] = {}
    for match in _QUOTES.finditer(text, start, end):
        mark = match.group()
        if mark not in opened:
            opened[mark] = match.end()
        elif match.start() - opened[mark] >= _MIN_REGION_CHARS:
            yield opened.pop(mark), match.start(), Role.NONE
        else:
            opened[mark] = match.end()


def _by_lines(text: str, start: int, end: int) -> Iterator[Section]:
    """Sections that open with a heading, a rule, a line that is nothing but a name, or a known label."""
    section = Section(start, start, end)
    before: Span | None = None
    for begin, stop in _lines(text, start, end):
        line = text[begin:stop].rstrip("\n")
        opened = _opened(text, begin, stop, line, before)
        if opened is not None:
            yield replace(section, end=opened.start)
            section = replace(opened, end=end)
        before = (begin, stop) if line.strip() else None
    yield section


def _opened(text: str, begin: int, stop: int, line: str, before: Span | None) -> Section | None:
    """The section that the line opens, if it does."""
    if _RULE.match(line):
        if before is None or before[1] - before[0] > _SHORT_EDGE_CHARS:
            return Section(begin, stop, stop, ruled=True)
        # A line with a rule under it is a heading, or introduces what follows.
        name = text[before[0] : before[1]]
        role = role_of_name(name.rstrip(" :.\n"))
        if role is Role.NONE and mentions_material(name):
            role = Role.MATERIAL
        return Section(begin, stop, stop, role, headed=role is not Role.NONE, ruled=role is Role.NONE)
    heading = heading_name(line)
    if heading is not None:
        role = role_of_name(heading)
        return Section(begin, stop, stop, role, headed=True, ruled=closes(heading))
    role, length = label_of(line)
    if role is Role.NONE or (role is Role.MATERIAL and _IS_INNER.match(line)):
        return None
    # The number of a document belongs to the document.
    numbered = role is Role.MATERIAL and any(map(str.isdigit, line[:length]))
    return Section(begin, begin if numbered else begin + length, stop, role)


def _trimmed(text: str, start: int, end: int) -> Span:
    """The span without its delimiters: the tags of a single element, quotes, rules and blank lines around it."""
    first, last = _without_space(text, start, end)
    opening = _TAG.match(text, first, last)
    if opening and not opening.group(1):
        closing = f"</{opening.group(2)}>"
        if text.find(closing, opening.end(), last) == last - len(closing):
            first, last = _without_space(text, opening.end(), last - len(closing))
    marks = _DELIMITERS.match(text, first, last)
    if marks:
        first = marks.end()
    closing_marks = _DELIMITERS.search(text, max(first, last - _MAX_DELIMITER_CHARS), last)
    if closing_marks and closing_marks.end() == last:
        last = closing_marks.start()
    first, last = _without_space(text, first, last)
    # A line end belongs to the line, and so does the space before it.
    begin, stop = text.rfind("\n", start, first) + 1, text.find("\n", last, end) + 1
    is_line = begin > 0 and not text[begin:first].strip()
    return max(begin, start) if is_line else first, stop if stop and not text[last:stop].strip() else last


def _without_space(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
