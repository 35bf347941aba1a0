"""A provider that answers with what it finds in the prompt: what an optimizer cuts too much is missing."""

from __future__ import annotations

import re

from benchmarks.clients.material import TOOL_NAME
from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from tests.servers.local_server import Received, Wire

_FACTS = (
    "connection to ledger refused",
    "checkout failed: payment answered 503",
    "Ticket 17: a thing to look at",
    "retries a failed capture 5 times",
)
# The shape that DSPy's adapter asks for, by its own last line.
_DSPY_END = "[[ ## completed ## ]]"
_RESULT = re.compile(rb'"role": ?"tool"|function_call_output')


class FindingProvider(MockProvider):
    """Calls the tool where it is offered and has no result yet, and answers with the facts in the prompt."""

    def answer(self, request: Received, wire: Wire) -> None:
        if request.json is not None:
            self.script(_reply(request.raw))
        super().answer(request, wire)


def _reply(raw: bytes) -> Reply:
    if TOOL_NAME.encode() in raw and not _RESULT.search(raw):
        return Reply(tool_calls=(ToolCall(TOOL_NAME, '{"status": "open"}'),))
    text = raw.decode()
    found = "; ".join(fact for fact in _FACTS if fact in text) or "nothing"
    return Reply(text=f"[[ ## answer ## ]]\n{found}\n\n{_DSPY_END}" if _DSPY_END in text else found)
