"""The messages of a body: their turns, the newest one in which a user speaks, and documents put before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from token_optimizer.dialects.bodies import (
    carries_tool_results,
    conversation_key,
    conversation_of,
    role_of,
    speaks,
    stands_apart,
    starts_turn,
)
from token_optimizer.errors import PromptError
from token_optimizer.models import Dialect
from token_optimizer.optimizer.formats.observations import observations_in


@dataclass(frozen=True, slots=True)
class Talk:
    """The body with the documents put in, its messages, the turn of each, and what is in them.

    `asked` is the newest message in which the user speaks, `prefilled` an assistant's last message, which
    the answer goes on from; -1 where there is none. `observations` are the user's messages that a program
    wrote.
    """

    body: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]
    turns: Sequence[int]
    asked: int
    prefilled: int
    observations: frozenset[int] = frozenset()
    documents: Sequence[str] = ()
    documents_at: int | None = None


def talk_of(body: Mapping[str, Any], dialect: Dialect) -> Talk:
    messages = conversation_of(body, dialect)
    last = len(messages) - 1
    asked = next((index for index in range(last, -1, -1) if speaks(messages[index])), -1)
    prefilled = last if messages and role_of(messages[last]) == "assistant" else -1
    return Talk(body, messages, _turns(messages), asked, prefilled, observations_in(messages))


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[int]:
    """The turn of each message: a turn opens with a user message that answers no calls."""
    turns: list[int] = []
    turn = -1
    for message in messages:
        if message.get("role") in ("assistant", "tool"):
            pass  # most messages: neither of the others
        elif starts_turn(message):
            turn += 1
        elif stands_apart(message):
            turns.append(-1)
            continue
        turns.append(max(turn, 0))
    return turns


def with_documents(talk: Talk, dialect: Dialect, texts: list[str]) -> Talk:
    """The documents in a user message before the question; behind it where it answers tool calls too,
    since nothing may come between a call and its result."""
    at = talk.asked if talk.asked >= 0 else len(talk.messages)
    behind = talk.asked >= 0 and carries_tool_results(talk.messages[at])
    at += behind
    given = {"role": "user", "content": "".join(texts)}
    messages = [*talk.messages[:at], given, *talk.messages[at:]]
    # The documents belong to the turn that asks about them.
    turn = talk.turns[talk.asked] if talk.asked >= 0 else max(talk.turns, default=0)
    return replace(
        talk,
        body={**talk.body, conversation_key(dialect): messages},
        messages=messages,
        turns=[*talk.turns[:at], max(turn, 0), *talk.turns[at:]],
        asked=talk.asked + (talk.asked >= at),
        observations=frozenset(number + (number >= at) for number in talk.observations),
        prefilled=talk.prefilled + (talk.prefilled >= at),
        documents=texts,
        documents_at=at,
    )


def document_text(index: int, document: Any) -> str:
    """A document as it stands in a message: numbered, under its title."""
    if not isinstance(document, Mapping):
        found = type(document).__name__
        raise PromptError(f"documents[{index}] must be an object with title and text, not {found}")
    for name in ("title", "text"):
        if not isinstance(document.get(name), str | int | float | None):
            found = type(document[name]).__name__
            raise PromptError(f"documents[{index}].{name} must be a string, not {found}")
    return f"[{index + 1}] {document.get('title') or 'Untitled'}\n{document.get('text') or ''}\n\n"
