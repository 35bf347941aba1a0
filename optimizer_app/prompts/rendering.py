"""A template with values as the body of a request.

The body has the same bytes up to the first variable, whatever the values are: the fields of the template
stand first, then the system text, which has no variables, then the messages in their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from optimizer_app.prompts.errors import ValuesRefused
from optimizer_app.prompts.template import SYSTEM_ROLES, Template, TemplateMessage
from optimizer_app.prompts.values import texts_of

MAX_RENDERED_CHARS = 16_000_000
_MARK = {"cache_control": {"type": "ephemeral"}}


@dataclass(frozen=True, slots=True)
class Piece:
    """A text of a message, and the variable whose value it is; a fixed text is no variable's."""

    text: str
    variable: str = ""


@dataclass(frozen=True, slots=True)
class FilledMessage:
    """A message of the template with values in it."""

    role: str
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def stable_pieces(self) -> tuple[Piece, ...]:
        return tuple(takewhile(lambda piece: not piece.variable, self.pieces))

    @property
    def is_stable(self) -> bool:
        return len(self.stable_pieces) == len(self.pieces)


def filled(template: Template, values: Mapping[str, Any]) -> list[FilledMessage]:
    """The messages with the values in them; ValuesRefused where a value cannot be used."""
    texts = texts_of(template.variables, values)
    messages = [FilledMessage(each.role, _pieces(each, texts)) for each in template.messages]
    if sum(len(piece.text) for each in messages for piece in each.pieces) > MAX_RENDERED_CHARS:
        raise ValuesRefused({"": f"make a prompt of more than {MAX_RENDERED_CHARS:,} characters"})
    return messages


def _pieces(message: TemplateMessage, texts: Mapping[str, str]) -> tuple[Piece, ...]:
    return tuple(
        Piece(part) if isinstance(part, str) else Piece(texts[part.name], part.name) for part in message.parts
    )


def stable_part(messages: Sequence[FilledMessage]) -> list[FilledMessage]:
    """What stands before the first variable: whole messages, and the beginning of one."""
    whole = list(takewhile(lambda message: message.is_stable, messages))
    begun = messages[len(whole) :][:1]
    heads = [FilledMessage(each.role, each.stable_pieces) for each in begun]
    return [*whole, *(head for head in heads if head.text.strip())]


def rendered_body(template: Template, values: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a request, as the template's dialect has it; ValuesRefused as `filled`."""
    return body_of(template, filled(template, values))


def body_of(template: Template, messages: Sequence[FilledMessage]) -> dict[str, Any]:
    """The body with these messages."""
    body = {**({"model": template.model} if template.model else {}), **template.parameters}
    if template.dialect == "openai":
        return {**body, "messages": [{"role": each.role, "content": each.text} for each in messages]}
    contents = _contents(template, messages)
    system = [part for role, parts in contents if role in SYSTEM_ROLES for part in parts]
    talk = [{"role": role, "content": parts} for role, parts in contents if role not in SYSTEM_ROLES]
    return {**body, **({"system": system} if system else {}), "messages": talk}


def _contents(
    template: Template, messages: Sequence[FilledMessage]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Each message's role and content; the stable part ends with a mark where the template wants one."""
    contents = [(message.role, [_text_part(message.text)]) for message in messages]
    stable = stable_part(messages) if template.marks_stable_part else []
    if stable:
        head = stable[-1].text
        rest = messages[len(stable) - 1].text[len(head) :]
        parts = [{**_text_part(head), **_MARK}, *([_text_part(rest)] if rest.strip() else [])]
        contents[len(stable) - 1] = (stable[-1].role, parts)
    return contents


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
