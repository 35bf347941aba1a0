"""What the user asks at the end of a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from token_optimizer.dialects.bodies import (
    conversation_of,
    role_of,
    speaks,
    text_parts_of,
    text_parts_of_message,
)
from token_optimizer.models import Dialect, Kind
from token_optimizer.optimizer.embedded.content import MIN_BULK_CHARS
from token_optimizer.optimizer.embedded.pieces import Piece
from token_optimizer.optimizer.embedded.question.asking import (
    asks,
    asks_question,
    asks_unmarked,
    question_of,
)
from token_optimizer.optimizer.embedded.question.fields import question_in_json
from token_optimizer.optimizer.embedded.question.follow_ups import goes_on
from token_optimizer.optimizer.embedded.question.introductions import presents
from token_optimizer.optimizer.formats.message_pieces import DIRECTING_TYPES, pieces_of_message
from token_optimizer.optimizer.formats.talk import Talk, talk_of
from token_optimizer.text.cache import remembered
from token_optimizer.text.sentences import sentences


def newest_question(body: Mapping[str, Any], dialect: Dialect) -> str | None:
    """What the user says at the end of the conversation; None where it ends with something else, as with
    the result of a tool. An assistant's beginning of the answer may follow."""
    talk = talk_of(body, dialect)
    last = len(talk.messages) - 1 - (talk.prefilled >= 0)
    return question_in(talk, dialect) if talk.asked == last else None


def ends_with_user(body: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether the user speaks at the end of the conversation; all else has no newest question."""
    messages = conversation_of(body, dialect)
    if messages and role_of(messages[-1]) == "assistant":
        messages = messages[:-1]
    return bool(messages) and speaks(messages[-1])


def question_in(talk: Talk, dialect: Dialect) -> str | None:
    """What the newest message asks in which the user speaks, with what he asked before where it goes on from
    that."""
    if talk.asked < 0 or talk.asked in talk.observations.found:
        return None
    asked = _question_at(talk.asked, talk, dialect)
    is_handed_in = asked is None or (all(map(presents, sentences(asked))) and not asks_question(asked))
    if asked is not None and not (is_handed_in or goes_on(asked)):
        return asked
    last = next((at for at in range(talk.asked - 1, -1, -1) if _is_users(at, talk)), None)
    before = _question_at(last, talk, dialect) if last is not None else None
    if is_handed_in:
        # What was asked for before.
        is_asked = before is not None and (asks_question(before) or asks_unmarked(before))
        return before if is_asked and _is_bulk(talk, dialect) else asked
    return f"{before}\n{asked}" if before else asked


def _is_bulk(talk: Talk, dialect: Dialect) -> bool:
    """Whether the newest message in which the user speaks is long."""
    parts = text_parts_of_message(talk.body, dialect, talk.messages[talk.asked], talk.asked)
    return sum(len(part.text) for part in parts) >= MIN_BULK_CHARS


def _is_users(message: int, talk: Talk) -> bool:
    """Whether the user himself speaks in the message."""
    is_given = message == talk.documents_at or message in talk.observations.found
    return not is_given and speaks(talk.messages[message])


def _question_at(message: int, talk: Talk, dialect: Dialect) -> str | None:
    """What the message asks: its prose, of which only the question counts where it comes with embedded
    content."""
    text_parts = text_parts_of_message(talk.body, dialect, talk.messages[message], message)
    read = pieces_of_message(list(text_parts), talk)
    said = [piece for part, pieces in read if not part.tool_result for piece in pieces]
    examples = [at for at, piece in enumerate(said) if piece.kind is Kind.EXAMPLES]
    if examples and (asked := _prose(said[examples[-1] + 1 :]).strip()):
        return asked
    prose = _prose(said)
    if not prose.strip() and (asked := question_in_json("".join(piece.raw for piece in said))):
        return asked
    is_bulk = sum(len(piece.raw) for piece in said) >= MIN_BULK_CHARS
    # What such a message seems to ask may be a part of what it hands in.
    if is_bulk and (asked := _asked_by_instructions(talk, dialect)):
        return f"{asked}\n{prose}" if asks(prose) else asked
    is_alone = all(piece.kind is Kind.PROSE and not piece.background for piece in said)
    return (prose if is_alone else question_of(prose)) or None


def _asked_by_instructions(talk: Talk, dialect: Dialect) -> str:
    """The question that short instructions ask of what the user hands in; empty where they ask none."""
    parts = takewhile(lambda part: part.type in DIRECTING_TYPES, text_parts_of(talk.body, dialect))
    return _question_of_instructions("\n".join(part.text for part in parts))


@remembered(1_000)
def _question_of_instructions(told: str) -> str:
    return question_of(told) if asks_question(told) and asks(told) else ""


def _prose(pieces: Sequence[Piece]) -> str:
    return "\n".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE and not piece.background)
