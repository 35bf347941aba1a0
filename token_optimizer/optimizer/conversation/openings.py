"""What conversations begin with, as others began before: the tools and the system text.

The provider's cache holds them for all conversations that begin with the same bytes. So what was decided for
the tools of the first one holds for the others, and a system text that comes again is not cut by a question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from token_optimizer.dialects.bodies import messages_of
from token_optimizer.dialects.unmarked_json import unmarked_json
from token_optimizer.models import Dialect, Kind, Prompt
from token_optimizer.optimizer.conversation.keys import SYSTEM_PREFIX, TOOLS_PREFIX, short_key
from token_optimizer.optimizer.tools.need.shared import may_be_shared
from token_optimizer.ports import SentBlock, SentMessage

_INSTRUCTING = ("system", "developer")
# Shorter ones no provider caches, as a rule.
_MIN_SYSTEM_BYTES = 4_000


@dataclass(frozen=True, slots=True)
class Opening:
    """The tools and the system text of a conversation that may be a new one, by their keys; empty where there
    are none.

    `tools` has what the tools were sent as in another conversation, and `recurs` says that another one began
    with the same system text.
    """

    tools_key: str = ""
    system_key: str = ""
    tools: Sequence[SentBlock] = ()
    recurs: bool = False

    @classmethod
    def of(cls, body: Mapping[str, Any], dialect: Dialect, salt: bytes) -> Opening:
        """The keys alone."""
        tools = [body.get("tools"), body.get("functions")]
        of_tools = unmarked_json([dialect, *tools])
        of_system = unmarked_json([body.get("system"), body.get("instructions"), _leading(body, dialect)])
        is_long = len(of_system) >= _MIN_SYSTEM_BYTES
        return cls(
            short_key(TOOLS_PREFIX, salt + of_tools) if any(tools) else "",
            short_key(SYSTEM_PREFIX, salt + of_tools + of_system) if is_long else "",
        )

    @property
    def keys(self) -> list[str]:
        """Those that there are."""
        return [key for key in (self.tools_key, self.system_key) if key]

    def known_by(self, found: Sequence[SentMessage | None]) -> Opening:
        """With what was found under the keys."""
        if not self.keys:
            return self
        by_key = dict(zip(self.keys, found, strict=True))
        tools, system = by_key.get(self.tools_key), by_key.get(self.system_key)
        return replace(self, tools=tools.tools if tools else (), recurs=system is not None)

    def to_remember(
        self, original: Prompt, after: Prompt, sent: Mapping[str, SentMessage]
    ) -> dict[str, SentMessage]:
        """What those to come are to know of it, whose messages were `sent` so."""
        new = {self.system_key: SentMessage()} if self.system_key and not self.recurs else {}
        tools = next((message.tools for message in sent.values() if message.tools), ())
        schemas = [block for block in original.blocks if block.kind is Kind.SCHEMA]
        # What a budget made of them this once does not take the place of what others go by.
        is_new = bool(self.tools_key) and not self.tools and after is not original
        if is_new and may_be_shared(schemas, tools):
            new[self.tools_key] = SentMessage(tools=tools)
        return new


NO_OPENING = Opening()


def _leading(body: Mapping[str, Any], dialect: Dialect) -> list[Any]:
    """The messages before all others that instruct."""
    leading = []
    for message in messages_of(body, dialect):
        if message.get("role") not in _INSTRUCTING:
            break
        leading.append(message)
    return leading
