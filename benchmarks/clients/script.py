"""The answers of the scripted provider. They depend on the place in the session, not on the prompt.

Each answer carries its place, as in `step-2`, in its text or in the ids of its calls. The next answer is the
one after the highest place that stands in a request, so requests beside the session change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PLACE = re.compile(r"step-(\d+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """Text, or a call of the first tool in `calls` that the request offers, by name: its arguments."""

    text: str = ""
    calls: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """The answers of a session. `beside` answers requests of agents that offer no tools, like titles."""

    answers: tuple[Answer, ...]
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in no dialect yet. `id` is of its own: clients merge messages that share one."""

    id: str
    text: str
    call: Call | None


def reply_to(script: Script, body_text: str, tool_names: list[str]) -> Reply:
    """The answer to a request, told from its body as text and the names of the tools that it offers."""
    if script.beside is not None and not tool_names:
        return Reply("beside", script.beside, None)
    place = max((int(found) for found in _PLACE.findall(body_text)), default=-1) + 1
    answer = script.answers[min(place, len(script.answers) - 1)]
    for name, arguments in (answer.calls or {}).items():
        if name in tool_names:
            return Reply(str(place), "", Call(f"call_step-{place}", name, arguments))
    return Reply(str(place), f"{answer.text} (step-{place})", None)
