"""The sections of a text: what its tags, quotes, headings, rules and labels part, and the role of each.

Before: "Notes:\n{3,000 characters}\n-----\nQuestion: Who built it?"
After:  a section of material, the empty one under the rule, and one that asks
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import takewhile

from token_optimizer.optimizer.embedded.question.asking import (
    MAX_ASKING_CHARS,
    Role,
    addresses,
    asks,
    asks_question,
    closes,
    directive_share,
    heading_name,
    label_of,
    mentions_material,
    reader_directive_share,
    role_of_name,
)
from token_optimizer.text.lines import holds_any
from token_optimizer.text.sentences import is_shorter, sentence_spans

Span = tuple[int, int]

# Sentences that direct the reader are this share of a text that directs him.
DIRECTIVE_SHARE = 0.3
# A heading, a label's line and a question at the edge of a text are no longer.
SHORT_CHARS = 300
# Whatever asks in one place is no longer than this.
MAX_EDGE_CHARS = 3000
_MIN_REGION_CHARS = 200
# What follows an instruction, and is shorter, belongs to it.
_MIN_REST_CHARS = 600
# A question or instruction that is wrapped in tags is taken apart where it is longer.
_LARGE_ASKING_CHARS = 2000
# Where so many labels ask, the material itself is a list of questions.
_MAX_ASKING_LABELS = 4
_MAX_DEPTH = 4
_MAX_LABEL_WORDS = 3
_LABEL_MARKS = " \t\r\n#*_>:：•-"

TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,60})((?:\s[^<>]{0,400})?)>")
RULE = re.compile(r"[ \t]*([-=*_~#+.<>|—–])(?:[ \t]?\1){2,}[ \t]*$")
_QUOTE_MARKS = ('"""', "'''", "```")
_QUOTES = re.compile(r"\"{3,}|'{3,}|`{3,}")
# A label in a list, or indented, is one of the text itself.
_IS_INNER = re.compile(r"[ \t]{2,}|[ \t]*[-*+•][ \t]")
_MIN_ARTICLES = 4
_NUMBERS = re.compile(r"\d+")
_HASHES = re.compile(r"[ \t]*(#{1,6})[ \t]")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\S")
_BLANK = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text from `start` to `end`, whose label or delimiter ends at `body`.

    A `closed` section stands between delimiters of its own, so that nothing of it belongs to its neighbours;
    a `whole` one is known to be one thing. A `headed` section stands under a heading, a `ruled` one under a
    line of dashes or the like.
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


def sections_of(text: str, blocks: Set[Span], *, instructions: bool) -> list[Section]:
    """The sections of a text, which they cover. The `blocks` are known to be one thing each; in a text of
    `instructions` what directs under a heading instructs, whatever the heading."""
    sections = list(_with_asking_apart(text, _sections(text, 0, len(text), blocks, 0)))
    if not instructions:
        return sections
    return [_as_instruction(text, section) for section in _with_articles(text, sections)]


def units(text: str, start: int, end: int) -> Iterator[Span]:
    """The paragraphs of the span; of a long one the lines, and of a long line the sentences."""
    for begin, stop in paragraphs(text, start, end):
        lines = list(_lines(text, begin, stop))
        if is_shorter(text[begin:stop], MAX_ASKING_CHARS + 1) and not any(
            RULE.match(text[a:b].rstrip()) for a, b in lines
        ):
            yield begin, stop
            continue
        for first, last in lines:
            if last - first <= MAX_ASKING_CHARS:
                yield first, last
            else:
                yield from ((first + a, first + b) for a, b in sentence_spans(text[first:last]))


def paragraphs(text: str, start: int, end: int) -> Iterator[Span]:
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
    is_list = sum(section.asks for section in sections) > _MAX_ASKING_LABELS
    inner = _between_questions(text)
    for section in sections:
        is_inner = inner is not None and inner[0] <= section.start < inner[1]
        is_edge = section in (sections[0], sections[-1]) and not _is_filled_answer(text, section, sections)
        is_listed = is_list and not section.headed and not is_edge
        if not section.asks:
            yield section
        elif is_listed or (is_inner and not _is_plain_label(text, section)):
            yield replace(section, role=Role.NONE)
        else:
            end = _end_of_asking(text, section)
            yield replace(section, end=end)
            if end < section.end:
                yield Section(end, end, section.end, closed=section.closed)


def _is_filled_answer(text: str, section: Section, sections: Sequence[Section]) -> bool:
    """Whether the section is an answer like many others, below the last of many questions."""
    label = text[section.start : section.body]
    alike = sum(text[one.start : one.body] == label for one in sections)
    is_answer = section.role is Role.INSTRUCTION and alike > _MAX_ASKING_LABELS
    return is_answer and bool(text[section.body : section.end].strip())


def _between_questions(text: str) -> Span | None:
    """What stands between the first and the last paragraph of the text where one of these is a short
    question; None where neither is."""
    blanks = _BLANK.finditer(text)
    first = next((match.end() for match in blanks), len(text))
    last = max((text.rfind(blank) for blank in ("\n\n", "\n\r\n")), default=-1)
    edges = text[:first], text[max(last, 0) :]
    is_asked = any(len(edge) <= MAX_ASKING_CHARS and asks_question(edge) for edge in edges)
    return (first, last) if is_asked and first < last else None


def _is_plain_label(text: str, section: Section) -> bool:
    """Whether the label could be that of a question between others: a few words, not in small letters as the
    keys of settings and the ends of sentences are."""
    label = text[section.start : section.body].strip(_LABEL_MARKS)
    return section.closed or (len(label.split()) <= _MAX_LABEL_WORDS and not label[:1].islower())


def _end_of_asking(text: str, section: Section) -> int:
    """Where a section that asks by its label ends to do so: behind its first paragraph and what asks on."""
    at = start = _first_question_end(text, section)
    for begin, stop in units(text, start, section.end):
        unit = text[begin:stop]
        first = not text[section.body : begin].strip()
        if not (first or asks(unit) or addresses(unit) or _LIST_ITEM.match(unit) or not unit.strip()):
            break
        if stop - section.start > MAX_EDGE_CHARS and not first:
            break
        at = stop
    return section.end if section.end - at < _MIN_REST_CHARS else at


def _first_question_end(text: str, section: Section) -> int:
    """Where the first line of the section ends if it is a whole question; else where its label does."""
    end = text.find("\n", section.body, section.end) + 1 or section.end
    return end if text[section.body : end].rstrip().endswith(("?", "？", "؟")) else section.body


def _with_articles(text: str, sections: Sequence[Section]) -> Iterator[Section]:
    """The sections; those below a heading or a label of material are material, too, unless a name says
    something else of them or they direct the reader as a whole."""
    at = 0
    while at < len(sections):
        articles = _articles_below(text, sections, at)
        told = [one for one in articles if one.role is Role.NONE]
        is_told = bool(told) and _directs_seldom("".join(text[one.body : one.end] for one in told))
        yield sections[at]
        yield from (replace(one, role=Role.MATERIAL) if is_told and one in told else one for one in articles)
        at += 1 + len(articles)


def _directs_seldom(text: str) -> bool:
    return reader_directive_share(text) < DIRECTIVE_SHARE


def _articles_below(text: str, sections: Sequence[Section], at: int) -> Sequence[Section]:
    """The sections under deeper headings than that of material which opens there; below a label, those whose
    headings are alike but for their numbers. The title of the whole text is no heading of material."""
    label, following = sections[at], sections[at + 1 :]
    if label.role is not Role.MATERIAL or (label.headed and label.start == 0):
        return ()
    if depth := _depth(text, label):
        return list(takewhile(lambda one: _depth(text, one) > depth, following))
    if label.closed or text[label.body : label.end].strip() or not following:
        return ()
    form = _heading_form(text, following[0])
    alike = list(takewhile(lambda one: one.headed and _heading_form(text, one) == form, following))
    return alike if len(alike) >= _MIN_ARTICLES else ()


def _heading_form(text: str, section: Section) -> str:
    return _NUMBERS.sub("9", text[section.start : section.body]).strip()


def _depth(text: str, section: Section) -> int:
    """The number of the marks before the heading that the section stands under; 0 where it has none."""
    opened = _HASHES.match(text, section.start) if section.headed else None
    return len(opened.group(1)) if opened else 0


def _as_instruction(text: str, section: Section) -> Section:
    """A section under a heading of no known role is an instruction where it reads like one."""
    is_open = section.role is Role.NONE and section.headed
    if is_open and directive_share(text[section.body : section.end]) >= DIRECTIVE_SHARE:
        return replace(section, role=Role.INSTRUCTION)
    return section


def _sections(text: str, start: int, end: int, blocks: Set[Span], depth: int) -> list[Section]:
    """The sections of a text by its tags, quotes, headings, rules and labels."""
    found: list[Section] = []
    regions = list(_regions(text, start, end, blocks))
    tags = Counter(_tag_name(text, begin) for begin, _, role in regions if role is Role.MATERIAL)
    for begin, stop, role in regions:
        found.extend(_by_lines(text, start, begin))
        if tags[_tag_name(text, begin)] > 1:
            # One document of several asks nothing, whatever its headings are named.
            found.append(Section(begin, begin, stop, role, closed=True))
        else:
            found.extend(_of_region(text, begin, stop, role, blocks, depth))
        start = stop
    found.extend(_by_lines(text, start, end))
    return [section for section in found if section.end > section.start]


def _tag_name(text: str, begin: int) -> str:
    """The name of the element that begins there; empty where none does."""
    opening = TAG.match(text, begin)
    return opening.group(2) if opening else ""


def _of_region(text: str, begin: int, stop: int, role: Role, blocks: Set[Span], depth: int) -> list[Section]:
    """A region, taken apart where tags hold both what asks and what is asked about."""
    large = role not in (Role.QUESTION, Role.INSTRUCTION) or stop - begin > _LARGE_ASKING_CHARS
    opening = TAG.match(text, begin)
    if opening and large and depth < _MAX_DEPTH:
        inner = _sections(text, opening.end(), stop, blocks, depth + 1)
        asking = [section for section in inner if section.asks]
        if role is Role.MATERIAL:
            asking = [section for section in asking if _is_plain_label(text, section)]
        if 0 < len(asking) <= _MAX_ASKING_LABELS:
            return [Section(begin, opening.end(), opening.end(), Role.INSTRUCTION), *inner]
    return [Section(begin, begin, stop, role, closed=True, whole=(begin, stop) in blocks)]


def _regions(text: str, start: int, end: int, blocks: Set[Span]) -> Iterator[tuple[int, int, Role]]:
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
    for match in TAG.finditer(text, start, end):
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
    if not holds_any(text, _QUOTE_MARKS):
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


def _label_at_end(line: str) -> int:
    """Where the label of material starts that ends a line behind a sentence: "You help. History so far:"; 0
    where none does."""
    bare = line.rstrip()
    start = bare.rfind(". ") + 2
    if start < 2 or not bare.endswith((":", "：")):
        return 0
    role, length = label_of(bare[start:])
    return start if role is Role.MATERIAL and length == len(bare) - start else 0


def _is_quoted(text: str, stop: int, line: str) -> bool:
    """Whether the line is an empty one of quoted mail, above another quoted line."""
    return line.lstrip().startswith(">") and text.startswith(">", stop)


def _opened(text: str, begin: int, stop: int, line: str, before: Span | None) -> Section | None:
    """The section that the line opens, if it does."""
    if RULE.match(line) and not _is_quoted(text, stop, line):
        if before is None or before[1] - before[0] > SHORT_CHARS:
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
    if role is Role.NONE and (label := _label_at_end(line)):
        return Section(begin + label, stop, stop, Role.MATERIAL)
    if role is Role.NONE or (role is Role.MATERIAL and _IS_INNER.match(line)):
        return None
    # The number of a document belongs to the document.
    numbered = role is Role.MATERIAL and any(map(str.isdigit, line[:length]))
    return Section(begin, begin if numbered else begin + length, stop, role)
