"""Tells which messages in the role of the user a program wrote: what an agent without tool calls sees of its
commands.

Each ends in the prompt of a terminal, or begins with the name of what it holds, and is all there is between
two answers. Nobody writes three times in a row so; the third message is an observation, and those behind it,
and already the second where it follows an answer that ends with a command.
Only what came before a message counts, so it is read alike on every later turn.

Before: "a.txt\nbash-$", "cat a.txt", "To do\nbash-$", "rm a.txt", "a.txt: Permission denied\nbash-$"
After:  the last of these is an observation
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from token_optimizer.models import NO_OBSERVATIONS, Observations
from token_optimizer.optimizer.embedded.question.asking import MAX_ASKING_CHARS, asks_question

_MIN_IN_A_ROW = 3
_PROMPT = re.compile(r"\n\S{0,60}[$#%>][ \t]*\n?\Z")
_MAX_PROMPT_CHARS = 80
# "Observation: ", "<returncode>0", "EXECUTION RESULT of [ls]:", "[read_file for 'a.txt'] Result:".
_NAME = re.compile(
    r"\s*(?:<|\[[\w-]{1,40}(?: for [^\n]{0,200}?)?\] )?"
    r"(observation|(?:execution |tool |command )?(?:result|output)|returncode|stdout)s?\b[^\n]{0,80}?[:>]",
    re.IGNORECASE,
)


def observations_in(
    messages: Sequence[Mapping[str, Any]], known: Observations = NO_OBSERVATIONS, first: int = 0
) -> Observations:
    """The observations in the conversation, where they are `known` of the messages before the `first`."""
    found = set(known.found)
    form, in_a_row = known.form, known.in_a_row
    before: Mapping[str, Any] = messages[first - 1] if first else {}
    for number, message in enumerate(messages[first:], first):
        if message.get("role") == "user":
            now = _form_of(message.get("content")) if before.get("role") != "user" else ""
            in_a_row = in_a_row + 1 if now == form else 1
            form = now
            if form and (in_a_row >= _MIN_IN_A_ROW or (in_a_row > 1 and _ends_with_command(before))):
                found.add(number)
        before = message
    return Observations(frozenset(found), form, in_a_row)


def _ends_with_command(answer: Mapping[str, Any]) -> bool:
    content = answer.get("content")
    return isinstance(content, str) and content.rstrip().endswith("```")


def _form_of(content: Any) -> str:
    """What shows that a program wrote the text: the prompt that it ends in, or its name; else nothing."""
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict):
        content = content[0].get("text")
    if not isinstance(content, str):
        return ""
    if prompt := _PROMPT.search(content[-_MAX_PROMPT_CHARS:]):
        return prompt.group().strip()
    name = _NAME.match(content)
    # Behind a name that he gave to what he pastes, a user may ask.
    return name[1].lower() if name and not asks_question(content[-MAX_ASKING_CHARS:]) else ""
