"""Finds worked examples that are given as turns: what was said in them was said to show a form.

Examples open the conversation. Each is one text of the user and one answer, all answers have one form (the
same keys of JSON, the same last line, a label of a few words), and what is asked now is put as they are.

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

_MIN_EXAMPLES = 3
_MAX_LABEL_WORDS = 3
_MAX_LINE_CHARS = 80
_LABEL = re.compile(r"\s*[^\W\d_][^\n:]{0,30}:")
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


def _first_of_turn(prompt: Prompt, turn: int) -> list[Block]:
    """The first blocks of a turn: enough to tell whether there are more than two."""
    so_far = takewhile(lambda block: block.turn <= turn, prompt.blocks)
    return list(islice((block for block in so_far if block.turn == turn and block.content.strip()), 3))


def _answer_alike(answer: str, other: str) -> bool:
    """Whether two answers may have one form."""
    if _keys(answer) == _keys(other) is not None:
        return True
    same_opening = _opening(answer.rpartition("\n")[2]) == _opening(other.rpartition("\n")[2])
    return same_opening or (_is_label(answer) and _is_label(other))


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
    if {_label(text) for text, _ in pairs} != {_label(asked)}:
        return False
    answers = [answer.strip() for _, answer in pairs]
    keys = {_keys(answer) for answer in answers}
    if len(keys) == 1 and None not in keys:
        return True
    last_lines = [answer.rpartition("\n")[2] for answer in answers]
    if len(set(map(_opening, last_lines))) == 1 < len(set(last_lines)) and not any(
        map(addresses, last_lines)
    ):
        return True
    return all(map(_is_label, answers))


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


def _opening(line: str) -> str:
    """A label, else the first two words."""
    return _label(line) or " ".join(line.split()[:2])
