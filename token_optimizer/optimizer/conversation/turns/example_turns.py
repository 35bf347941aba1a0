"""Finds worked examples that are given as turns: what was said in them was said to show a form.

Examples open the conversation. Each is one text of the user and one answer, all answers have one form (the
same keys of JSON, the same last line or sentence, the same marks, a label of a few words), and what is asked
now is put as they are.

Before: user "Review: Dull.", assistant "negative", user "Review: Bright.", assistant "positive", three more
        like them, and user "Review: Too long."
After:  the five turns before the last one are examples
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import islice, takewhile

from token_optimizer.models import Block, BlockType, Kind, Prompt
from token_optimizer.optimizer.embedded.question.asking import addresses
from token_optimizer.optimizer.embedded.worked.answers import answer_lead

_MIN_EXAMPLES = 3
_MAX_LABEL_WORDS = 3
_MAX_LINE_CHARS = 80
_LABEL = re.compile(r"\s*[^\W\d_][^\n:]{0,30}:")
_BLANK = re.compile(r"\n[ \t]*\n+")
# All but what stands between the parts of "person=Ada; place=York".
_LETTERS = re.compile(r"[\w\s.,'’!?-]+")
_ENDS_SENTENCE = re.compile(r"[.!?…。！？]\s*\Z")


def example_turns(prompt: Prompt) -> frozenset[int]:
    """The turns that are examples."""
    # Most conversations are none, which their beginning tells.
    first = _pair_of(_first_of_turn(prompt, 0))
    second = _pair_of(_first_of_turn(prompt, 1)) if first is not None else None
    if first is None or second is None or not _answer_alike(first[1].strip(), second[1].strip()):
        return frozenset()
    turns: dict[int, list[Block]] = {}
    for block in prompt.blocks:
        if block.turn >= 0 and block.content.strip():
            turns.setdefault(block.turn, []).append(block)
    newest = turns.pop(max(turns, default=-1), [])
    pairs: list[tuple[str, str]] = []
    for turn in sorted(turns):
        pair = _pair_of(turns[turn])
        if pair is None or turn != len(pairs):
            break
        pairs.append(pair)
    asked = "".join(
        block.content for block in newest if block.type is BlockType.USER and not block.tool_result
    )
    if len(pairs) < max(_MIN_EXAMPLES, len(turns)) or not _have_one_form(pairs, asked):
        return frozenset()
    return frozenset(range(len(pairs)))


def instructs_first(prompt: Prompt, examples: frozenset[int]) -> bool:
    """Whether the first of the turns that are examples also says what they are of: its text has more
    paragraphs than any other."""
    said = {
        block.turn: len(_BLANK.findall(block.content.strip()))
        for block in prompt.blocks
        if block.turn in examples and block.type is BlockType.USER
    }
    return bool(said) and said.pop(0, 0) > max(said.values(), default=0)


def _first_of_turn(prompt: Prompt, turn: int) -> list[Block]:
    """The first blocks of a turn: enough to tell whether there are more than two."""
    so_far = takewhile(lambda block: block.turn <= turn, prompt.blocks)
    return list(islice((block for block in so_far if block.turn == turn and block.content.strip()), 3))


def _answer_alike(answer: str, other: str) -> bool:
    """Whether two answers may have one form."""
    if _keys(answer) == _keys(other) is not None:
        return True
    if len(marks := _LETTERS.sub("", answer)) > 1 and marks == _LETTERS.sub("", other):
        return True
    return _opening_of_end(answer) == _opening_of_end(other) or (_is_label(answer) and _is_label(other))


def _is_label(answer: str) -> bool:
    return len(answer.split()) <= _MAX_LABEL_WORDS and not _ENDS_SENTENCE.search(answer)


def _pair_of(blocks: Sequence[Block]) -> tuple[str, str] | None:
    """What the user said in a turn and what was answered; None where there is more to the turn."""
    types = [block.type for block in blocks]
    is_pair = types == [BlockType.USER, BlockType.ASSISTANT] and not any(block.markers for block in blocks)
    if not is_pair or any(block.kind is Kind.CALL or block.tool_result for block in blocks):
        return None
    return blocks[0].content, blocks[1].content


def _have_one_form(pairs: Sequence[tuple[str, str]], asked: str) -> bool:
    # With an instruction before it, the first one has its label below that.
    labels = {_label(_BLANK.split(text)[-1] if at == 0 else text) for at, (text, _) in enumerate(pairs)}
    if len(labels) == 1 and labels != {_label(asked)}:
        return False
    answers = [answer.strip() for _, answer in pairs]
    keys = {_keys(answer) for answer in answers}
    if len(keys) == 1 and None not in keys:
        return True
    ends = [answer.rpartition("\n")[2] for answer in answers]
    is_put_alike = len(labels) == 1
    openings = set(map(_opening_of_end if is_put_alike else answer_lead, ends))
    if "" not in openings and len(openings) == 1 < len(set(ends)) and not any(map(addresses, ends)):
        return True
    marks = {_LETTERS.sub("", answer) for answer in answers}
    has_marks = len(marks) == 1 and len(marks.pop()) > 1
    return has_marks or (all(map(_is_label, answers)) and (is_put_alike or len(set(answers)) > 1))


def _label(text: str) -> str:
    match = _LABEL.match(text)
    return re.sub(r"\d+", "", match.group()).strip() if match else ""


def _keys(answer: str) -> tuple[str, ...] | None:
    """The keys of a JSON object; None for what is none."""
    if not answer.startswith("{"):
        return None
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return tuple(value) if isinstance(value, dict) else None


def _opening_of_end(answer: str) -> str:
    """How the last line of an answer opens, or the last sentence where that says that it is an answer."""
    line = answer.rpartition("\n")[2]
    return answer_lead(line) or _opening(line)


def _opening(line: str) -> str:
    """A label, else the first two words."""
    return _label(line) or " ".join(line.split()[:2])
