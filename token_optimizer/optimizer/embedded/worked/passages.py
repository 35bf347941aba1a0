"""The passages of worked examples: what leads to an answer, and the answer.

Before: "Q: What is 2 + 2?\\nAdd them.\\nThe answer is 4\\n\\nQ: ..."
After:  "Q: What is 2 + 2?\\nAdd them.\\n" and "The answer is 4\\n\\n", and so of each
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from token_optimizer.models import Marker, Passage
from token_optimizer.optimizer.embedded.worked.answers import answer_ends
from token_optimizer.optimizer.embedded.worked.rows import answers_in_rows, row_spans
from token_optimizer.text.lines import line_spans
from token_optimizer.text.sentences import sentence_spans

_EXAMPLE_CLOSE = re.compile(r"[ \t]*(?:</[\w.:-]{1,60}>[ \t]*)+$|[ \t]*([-=*_~+])(?:[ \t]?\1){2,}[ \t]*$")
# A number alone is no heading.
_EXAMPLE_FRAME = re.compile(
    r"[ \t]*(?:</?[\w.:-]{1,60}(?:\s[^<>\n]{0,200})?>[ \t]*$"
    r"|#{1,6}[ \t](?!\W{0,3}\d[\d.,]{0,20}[ \t]*$))"
)
# A shorter lead costs less than its marker.
_LONG_LEAD_CHARS = 24
# What leads to an answer on a line of its own: a ticket, a review.
_SHORT_LEAD_CHARS = 200
_JSON_OPENS = ("{", "[")
_QUOTED = re.compile(r'"([^"\\\n]{1,40})"')
_STRUCTURED = frozenset(("", "{", "[", "<"))
_SPACED = re.compile(r"\S+")
_MIN_ALIKE = 3
_ALIKE_SHARE = 0.8
_LABEL = re.compile(r"[^\W\d_][\w ]{0,23}?[:：]")
_HEADING = re.compile(r"#{1,6}[ \t][^\n]{1,60}\n")
_BLANK_LINE = re.compile(r"\n[ \t]*\n|^[ \t]*([-=*_~+])(?:[ \t]?\1){2,}[ \t]*$|^</", re.MULTILINE)
_OPENER = re.compile(rf"{_LABEL.pattern}|\d{{1,3}}[.)][ \t]|<[\w-]{{1,24}}>(?=[^\n])")
_CLOSES = re.compile(r"</\w")
_DIGITS = re.compile(r"\d+")
_ANSWER_VALUE = 2.0
_FORM_VALUE = 2.0
_VALUE = 0.05
_LABELLED_CHARS = 1_000
_OWN_SHARE = 0.8
_MAX_LABELS, _MAX_LABEL_WORDS = 12, 3
# More than the floor of examples, by the longest tokens.
_LABEL_VALUE_PER_CHAR = 0.03
_MARKS_AROUND = " \t\r\n\"'“”`*_|()[]"


def example_passages(text: str, query: str | None = None, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    """Worked examples in two passages each: what leads to the answer, and the answer in its last line, of
    several sentences in the last one; an example on one line is one passage, and so is one with a short lead
    or a label for an answer.

    The answers show what is asked for at little cost, so the first of each goes last, and of labels one of
    each stays; the first example shows the form.
    """
    passages: list[Passage] = []
    examples = list(_examples(text))
    shared = _shared_phrase([text[line:end] for start, line, end in examples if line > start])
    parts = [(start, _answer_start(text, start, line, end, shared), end) for start, line, end in examples]
    answers = _answers_of(
        [text[middle:end] for _, middle, end in parts],
        in_rows=all(start == middle for start, middle, _ in parts),
    )
    said = list(_answers(answers))
    # Where most have an answer of their own, none shows more than another.
    is_own = len(set(answers)) > _OWN_SHARE * len(answers) and all(len(shown) == 1 for shown in said)
    are_labels = _are_labels(answers)
    for (start, middle, end), shown in zip(parts, said, strict=True):
        value = _VALUE + _FORM_VALUE * (not passages)
        lead = text[start:middle].strip()
        if are_labels and end - start <= _LABELLED_CHARS:
            passages.append(Passage(start, end, value, dict.fromkeys(shown, label_value(end - start))))
        elif middle - start < _SHORT_LEAD_CHARS and "\n" not in lead:
            # Such a lead without its answer shows nothing, and such an answer not what it answers.
            passages.append(Passage(start, end, value, {} if is_own else shown))
        else:
            passages += [Passage(start, middle, value), Passage(middle, end, _VALUE, shown)]
    return passages


def label_value(example_chars: int) -> float:
    """What it is worth that a label is shown by an example of this length: one of each stays."""
    return max(_ANSWER_VALUE, _LABEL_VALUE_PER_CHAR * example_chars)


def _are_labels(answers: Sequence[str]) -> bool:
    """Whether the answers are labels of a small set."""
    distinct = {bare_label(answer) for answer in answers}
    return len(distinct) <= _MAX_LABELS and all(len(one.split()) <= _MAX_LABEL_WORDS for one in distinct)


def bare_label(answer: str) -> str:
    """The answer without the label of its line and the marks around it."""
    label = _LABEL.match(answer)
    return (answer[label.end() :] if label else answer).strip(_MARKS_AROUND)


def _answer_start(text: str, start: int, line: int, end: int, shared: str) -> int:
    """Where the answer starts in the last line of an example, at the phrase that leads to all answers if it
    has that."""
    middle = line if line == start else _last_sentence(text, line, end)
    said = text.rfind(shared, middle, end) if shared else -1
    return said if said - middle >= _LONG_LEAD_CHARS else middle


def _answers(texts: Sequence[str]) -> Iterator[Mapping[str, float]]:
    """What each answer shows: itself, or of JSON the names and labels in it that others have, too."""
    bare = [one[label.end() :].lstrip() if (label := _LABEL.match(one)) else one for one in texts]
    labels = [set(_QUOTED.findall(one)) if one[:1] in _JSON_OPENS else set() for one in bare]
    counts = Counter(label for found in labels for label in found)
    for one, found in zip(texts, labels, strict=True):
        shown = sorted(label for label in found if counts[label] > 1) or [one]
        yield {f"answer {label}": _ANSWER_VALUE for label in shown}


def _last_sentence(text: str, start: int, end: int) -> int:
    """Where the last sentence of a line starts; where the line does if little stands before that. A rule may
    stand below the line."""
    *_, (last, _) = sentence_spans(text[start:end].partition("\n")[0].rstrip())
    return start + last if last >= _LONG_LEAD_CHARS else start


def _answers_of(texts: Sequence[str], *, in_rows: bool) -> list[str]:
    """The answers, on lines that hold what they answer, too, where these are rows."""
    found = answers_in_rows(texts, is_known=True) if in_rows else None
    return found if found is not None else [one.strip() for one in texts]


def _shared_phrase(lines: Sequence[str]) -> str:
    """Three words in a row that nearly all of the lines have, the last such in the first line: what leads to
    the answer, "The answer is". Empty where they have none."""
    words = list(_SPACED.finditer(lines[0])) if len(lines) >= _MIN_ALIKE else []
    for first, last in zip(reversed(words[:-2]), reversed(words), strict=False):
        phrase = lines[0][first.start() : last.end()]
        if sum(phrase in line for line in lines) >= _ALIKE_SHARE * len(lines):
            return phrase
    return ""


def answer_passages(text: str, query: str | None = None, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    """The answer of an example that is given as a turn: what leads to its last line, and that line; of one
    line its last sentence. JSON, markup and code are the answer as a whole."""
    bare = text.rstrip()
    if bare.lstrip()[:1] in _STRUCTURED or "```" in bare:
        return []
    line = bare.rfind("\n") + 1
    middle = line or _last_sentence(bare, 0, len(bare))
    if middle < _LONG_LEAD_CHARS:
        return []
    return [Passage(0, middle, _VALUE), Passage(middle, len(text), _ANSWER_VALUE)]


def whole_passage(
    text: str, query: str | None = None, markers: tuple[Marker, ...] = (), *, answer: str = ""
) -> list[Passage]:
    """All of an example that is given as a turn: a part of it would show another form. One of each label that
    is the `answer` shows what the others do."""
    is_label = 0 < len(answer.split()) <= _MAX_LABEL_WORDS
    shown = {f"answer {bare_label(answer)}": label_value(len(text))} if is_label else {}
    return [Passage(0, len(text), _ANSWER_VALUE, shown)] if text.strip() else []


def _examples(text: str) -> Iterator[tuple[int, int, int]]:
    """Where each example starts, where its answer does, and where it ends: before the heading that the first
    one opens with where it comes again; else at a blank line, a closing tag or a rule; before the label, the
    number or the tag that the first one opens with where none of these parts them; or with its line where
    each is a row. Tags, rules and headings are no answers."""
    if rows := row_spans(text):
        yield from ((start, start, end) for start, end in rows)
        return
    if ends := answer_ends(text):
        yield from _ending_at(text, ends)
        return
    heading = _HEADING.match(text)
    is_headed = heading is not None and text.count(f"\n{heading.group()}") >= _MIN_ALIKE - 1
    opener = heading if is_headed else _OPENER.match(text)
    is_parted = not is_headed and _BLANK_LINE.search(text.strip()) is not None
    again = _form(opener.group()) if opener and not is_parted else None
    if not (is_headed or is_parted or (again and _comes_again(text, again)) or _CLOSES.search(text)):
        yield from ((start, start, end) for start, end in row_spans(text, is_known=True))
        return
    start = answer = end = 0
    has_answer = False
    for begin, stop in line_spans(text):
        line = text[begin:stop]
        is_frame = _EXAMPLE_FRAME.match(line) is not None
        if has_answer and again is not None and again.match(line):
            yield start, answer, begin
            start, answer = begin, begin
        elif has_answer and not is_headed and (not line.strip() or _EXAMPLE_CLOSE.match(line)):
            yield start, answer, stop
            start, has_answer = stop, False
        elif line.strip() and not is_frame:
            answer, has_answer = begin, True
        end = stop
    if has_answer:
        yield start, answer, end


def _ending_at(text: str, ends: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """The examples that end with the lines that end there."""
    for start, end in pairwise([0, *ends]):
        yield start, text.rfind("\n", 0, start + len(text[start:end].rstrip())) + 1, end


def _comes_again(text: str, opening: re.Pattern[str]) -> bool:
    """Whether lines open like this again and again."""
    return sum(opening.match(line) is not None for line in text.split("\n")) >= _MIN_ALIKE


def _form(opening: str) -> re.Pattern[str]:
    """What opens like this, whatever its number."""
    return re.compile(_DIGITS.sub(lambda _: r"\d+", re.escape(opening)))
