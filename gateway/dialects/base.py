"""ApiDialect: what the gateway has to know of a provider's dialect beside how its prompts are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from gateway.dialects.edits import Edit
from gateway.dialects.sse import StreamTap
from gateway.requests.bodies.body import Body, Name, checked
from gateway.requests.client import Headers
from optimizer_app.optimize.usage import Usage
from token_optimizer.models import Dialect

# PostgreSQL's integer, which keeps them.
_MAX_TOKENS = 2**31 - 1


class MessageList(Body):
    """A conversation. Messages are any objects, whatever their keys."""

    messages: list[dict]


class Conversation(Body):
    """What no provider could do without. Everything beyond is the provider's to judge."""

    model: Name
    messages: list[dict]


class ApiDialect(ABC):
    """One dialect, spoken at `path`. `provider_kind` is the kind of provider that speaks it.

    `must_be_asked_for_usage`: its streams tell what was billed only where `stream_options` ask for it.
    """

    name: ClassVar[Dialect]
    path: ClassVar[str]
    provider_kind: ClassVar[str]
    must_be_asked_for_usage: ClassVar[bool] = False
    # Headers that its clients send and its providers require.
    required_headers: ClassVar[Headers] = []

    def check(self, body: Mapping[str, Any]) -> None:
        """BadRequest for a body that no provider could take, naming what is wrong."""
        checked(Conversation, body)

    @abstractmethod
    def usage(self, usage: Mapping[str, Any]) -> Usage:
        """What a `usage` object says was billed."""

    @abstractmethod
    def tap(self, *, strip_usage: bool = False) -> StreamTap:
        """A reader along one stream. `strip_usage`: take out what asking for usage added."""

    def usage_of(self, payload: Mapping[str, Any]) -> Usage:
        """What a whole answer says was billed."""
        usage = payload.get("usage")
        return self.usage(usage) if isinstance(usage, Mapping) else Usage()

    def edits_of(self, payload: Mapping[str, Any]) -> list[Edit]:
        """What a whole answer says that the provider did to the conversation."""
        return []


def count_of(value: object) -> int | None:
    """A provider's number of tokens, where it is one that can be kept."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_TOKENS:
        return None
    return value


def details_of(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What a `usage` object says of one of its numbers; nothing where it says nothing that can be read."""
    details = usage.get(name)
    return details if isinstance(details, Mapping) else {}
