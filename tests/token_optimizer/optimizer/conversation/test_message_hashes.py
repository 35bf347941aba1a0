"""Hashes of a next turn are those that a first look gives, whatever of the turn before was changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from token_optimizer.dialects.unmarked_json import unmarked_json
from token_optimizer.optimizer.conversation.message_hashes import KEY_BYTES, message_hashes
from token_optimizer.text.cache import forget_texts

MARK = {"cache_control": {"type": "ephemeral"}}


def _says(text: str, **mark: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text, **mark}]}


TALK = [_says(f"Number {number}.") for number in range(6)]
TEXTS = [{"role": "user", "content": f"Number {number}."} for number in range(6)]


def _plainly(start: bytes, messages: Sequence[Mapping[str, Any]]) -> list[str]:
    running, keys = hashlib.blake2b(start, digest_size=KEY_BYTES), []
    for message in messages:
        running.update(unmarked_json(message))
        keys.append(running.hexdigest())
    return keys


@pytest.mark.parametrize(
    "turns",
    [
        [TALK[:3], TALK[:5], TALK],
        [TALK, TALK[:4], TALK],
        [TALK[:4], [TALK[0], _says("Changed."), *TALK[2:]]],
        [TALK[:4], [*TALK[:3], _says("Number 3.", x=1), TALK[4]]],
        [TALK[:2], [{"content": TALK[0]["content"], "role": "user"}, *TALK[1:]]],
        [[{"role": "user", "content": 1}], [{"role": "user", "content": True}, TALK[0]]],
        [[], TALK[:1]],
        [[_says("\ud800")], [_says("\ud800"), TALK[0]]],
        [TALK, [*TALK[:5], _says("Asked instead.")], [*TALK[:5], _says("Or so."), TALK[5]]],
        [TALK[:1], [*TALK, *[_says(f"Much more {number}.") for number in range(70)]]],
        [TEXTS[:3], TEXTS, [*TEXTS[:4], *TALK[4:]]],
        [TEXTS[:4], [*TEXTS[:3], TEXTS[3] | {"name": "ann"}, TEXTS[4]], [*TEXTS[:2], *TEXTS[3:]]],
        [TEXTS[:2], [{"content": TEXTS[0]["content"], "role": "user"}, *TEXTS[1:]]],
        [[{"role": "tool", "content": ""}], [{"role": "", "content": "tool"}, *TEXTS]],
    ],
    ids=[
        "grows",
        "shrinks",
        "edited",
        "a member more",
        "other order",
        "equal",
        "empty",
        "surrogate",
        "branches",
        "long",
        "texts alone",
        "a text more",
        "texts in other order",
        "texts in other members",
    ],
)
def test_they_are_those_of_a_first_look(turns: list[list[dict[str, Any]]]) -> None:
    forget_texts()
    for start in (b"one owner", b"another"):
        for messages in turns:
            assert message_hashes(start, messages).keys == _plainly(start, messages)


def test_marks_may_move_and_are_told() -> None:
    forget_texts()
    first = message_hashes(b"", [*TALK[:2], _says("Number 2.", **MARK)])
    second = message_hashes(b"", [_says("Number 0.", **MARK), *TALK[1:4], _says("Number 4.", **MARK)])

    assert second.keys == _plainly(b"", TALK[:5])
    assert second.keys[:3] == first.keys
    assert (first.marked, second.marked) == ({2}, {0, 4})
    assert message_hashes(b"", TALK[:5]).marked == frozenset()
