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
from token_optimizer.models import NO_OBSERVATIONS, NOTHING_PARSED, Dialect, Observations, ParsedMessages
from token_optimizer.optimizer.formats.observations import observations_in


@dataclass(frozen=True, slots=True)
class Talk:
    """The body with the documents put in, its messages, the turn of each from the `first` one on that is to
    be read, the last turn that began, and what is in them.

    `asked` is the newest message in which the user speaks, `prefilled` an assistant's last message, which
    the answer goes on from; -1 where there is none. `observations` tell the user's messages that a program
    wrote.
    """

    body: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]
    turns: Sequence[int]
    asked: int
    prefilled: int
    turn: int
    observations: Observations = NO_OBSERVATIONS
    documents: Sequence[str] = ()
    documents_at: int | None = None
    first: int = 0

    def turn_of(self, message: int) -> int:
        """The turn of one of the messages that are to be read; -1 outside of all of them."""
        return self.turns[message - self.first] if message >= 0 else -1


def talk_of(body: Mapping[str, Any], dialect: Dialect, parsed: ParsedMessages = NOTHING_PARSED) -> Talk:
    """The messages of the body, of which some may be parsed."""
    messages, first, known = conversation_of(body, dialect), parsed.count, parsed.reading
    last = len(messages) - 1
    speaking = (index for index in range(last, -1, -1) if index == known.asked or speaks(messages[index]))
    prefilled = last if messages and role_of(messages[last]) == "assistant" else -1
    turns, turn = _turns(messages[first:], known.turn)
    observations = observations_in(messages, known.observations, first)
    return Talk(body, messages, turns, next(speaking, -1), prefilled, turn, observations, first=first)


def _turns(messages: Sequence[Mapping[str, Any]], turn: int) -> tuple[list[int], int]:
    """The turn of each message that comes when this `turn` began last, and the one that began last then: a
    turn opens with a user message that answers no calls."""
    turns: list[int] = []
    for message in messages:
        if message.get("role") in ("assistant", "tool"):
            pass  # most messages: neither of the others
        elif starts_turn(message):
            turn += 1
        elif stands_apart(message):
            turns.append(-1)
            continue
        turns.append(max(turn, 0))
    return turns, turn


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
        observations=talk.observations._replace(
            found=frozenset(number + (number >= at) for number in talk.observations.found)
        ),
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
