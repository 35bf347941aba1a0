"""Finds worked examples without labels by their answers: each is a label of a small set on its own line, or
stands in a line whose last sentence leads to it in the same words. What follows the last answer is asked.

Before: "{a problem}\\n{steps} So the answer is (B).\\n\\n{two more like it}\\n\\n{a problem}"
After:  what ends with the third answer is examples, the last problem is what is asked
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from token_optimizer.optimizer.embedded.question.asking_words import ANSWER_NAMES
from token_optimizer.optimizer.embedded.worked.last import BLANK
from token_optimizer.text.lines import line_spans

Line = tuple[int, int]

_MIN_ANSWERS, _MIN_LABELS = 3, 4
_MAX_ASKED_CHARS = _MAX_LEAD_CHARS = 6_000
_MAX_LABEL_CHARS, _MAX_LABELS = 30, 12
_EVEN_SHARE = 0.8
_ANSWERS = frozenset(ANSWER_NAMES)
# "So the answer is": a word more.
_SO = (["so"], ["thus"], ["hence"], ["also"], ["daher"], ["donc"])
_LEAD_WORDS, _MAX_ANSWER_WORDS = 3, 12
_LAST_SENTENCE_CHARS = 200
_SENTENCE_ENDS = re.compile(r"[.!?。！？][\"'”)]*\s+")
_NUMBER = re.compile(r"\s*#{2,6} ?[-$€£]?\d[\d.,]*%?\s*\Z")
_LABEL = re.compile(r"[ \t]*[^\W_]\S*(?: \S+){0,2}[ \t]*\n?\Z")
_NO_LABEL = re.compile(r"[.!?:,;…。！？]\s*\Z|\A\s*(?:[-*+•#>|]|\d+[.)])")


def answered_examples(text: str, *, is_talk: bool = False) -> Line | None:
    """Where examples stand that are known by their answers, before what is asked; None without them. Where
    people talk, lines that are labels of a small set are their names."""
    lines = [(start, end) for start, end in line_spans(text) if text[start:end].strip()]
    told = [text[slice(*line)] for line in lines]
    ends = _led_to(told) or _counted(told) or ([] if is_talk else _labels(told))
    if not ends or ends[-1] == len(lines) - 1:
        return None
    start, end = _first_example(text, lines, ends), lines[ends[-1]][1]
    is_short = start <= _MAX_LEAD_CHARS and len(text) - end <= _MAX_ASKED_CHARS
    return (start, end) if is_short else None


def answer_ends(text: str) -> list[int]:
    """Where the examples end that a text of nothing but such examples is, by their answers, each
    with the space behind it; empty where these do not tell them."""
    lines = [(start, end) for start, end in line_spans(text) if text[start:end].strip()]
    told = [text[slice(*line)] for line in lines]
    found = _led_to(told) or _counted(told) or _labels(told, asked=False)
    starts = [*(start for start, _ in lines), len(text)]
    return [starts[at + 1] for at in found] if found and found[-1] == len(lines) - 1 else []


def _led_to(lines: Sequence[str]) -> list[int]:
    """The lines with an answer in their last sentence, to which all of them lead in the same words that say
    so."""
    leads = [answer_lead(line) for line in lines]
    counts = Counter(lead for lead in leads if lead)
    lead = max(counts, key=counts.__getitem__, default="")
    found = [at for at, one in enumerate(leads) if one == lead]
    is_often = lead and len(found) >= _MIN_ANSWERS
    return found if is_often and len({lines[at].rstrip() for at in found}) > 1 else []


def answer_lead(line: str) -> str:
    """The first words of the last sentence of a line, if one of them says that it is an answer; else
    nothing."""
    end = line.strip().rstrip("|\"'”` ")[-_LAST_SENTENCE_CHARS:].rstrip(".!")
    said = _SENTENCE_ENDS.split(end)[-1].split()
    words = [word.lower().rstrip(",") for word in said[: _LEAD_WORDS + 1]]
    ends = [at for at, word in enumerate(words, 1) if word.endswith((":", "："))]
    size = ends[0] if ends else _LEAD_WORDS + (words[:1] in _SO)
    lead = [word.rstrip(":：") for word in words[:size]]
    is_answer = size < len(said) <= size + _MAX_ANSWER_WORDS and not _ANSWERS.isdisjoint(lead)
    return " ".join(lead) if is_answer else ""


def _counted(lines: Sequence[str]) -> list[int]:
    """The lines that are nothing but a number behind marks: "#### 18"."""
    found = [at for at, line in enumerate(lines) if _NUMBER.match(line)]
    return found if len(found) >= _MIN_ANSWERS else []


def _labels(lines: Sequence[str], *, asked: bool = True) -> list[int]:
    """The lines that are labels of a small set, each below as many lines as the others; where something is
    `asked`, as many stand below the last one."""
    found = [at for at, line in enumerate(lines) if _is_label(line)]
    counts = Counter(lines[at].strip() for at in found)
    often = [at for at in found if counts[lines[at].strip()] > 1 or len(found) <= _MAX_LABELS]
    if len(often) < _MIN_LABELS or not 1 < len({lines[at].strip() for at in often}) <= _MAX_LABELS:
        return []
    gap, times = Counter(after - before for before, after in pairwise(often)).most_common(1)[0]
    is_even = gap > 1 and times >= _EVEN_SHARE * (len(often) - 1)
    below = len(lines) - 1 - often[-1]
    return often if is_even and below == (gap - 1) * asked and often[0] >= gap - 1 else []


def _is_label(line: str) -> bool:
    bare = line.strip()
    return len(bare) <= _MAX_LABEL_CHARS and _LABEL.match(line) is not None and not _NO_LABEL.search(line)


def _first_example(text: str, lines: Sequence[Line], ends: Sequence[int]) -> int:
    """Where the first example starts: as many paragraphs above the end of its answer as others have, or where
    nothing parts these, as many lines."""
    between = [text[lines[before][1] - 1 : lines[after][0]] for before, after in pairwise(ends)]
    if paragraphs := min(len(BLANK.findall(one)) for one in between):
        starts = [0, *(match.end() for match in BLANK.finditer(text, 0, lines[ends[0]][0]))]
        return starts[max(0, len(starts) - paragraphs)]
    above = min(after - before for before, after in pairwise(ends))
    return lines[max(0, ends[0] - above + 1)][0]
