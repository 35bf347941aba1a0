"""Tells which messages in the role of the user a program wrote: what an agent without tool calls sees of its
commands.

Each ends in the prompt of a terminal, or begins with the name of what it holds, and is all there is between
two answers. Nobody writes three times in a row so; the third message is an observation, and those behind it,
and already the second where it follows an answer that ends with a command. Behind a call that stands in tags
or has an input ("Action Input: ls") what begins with such a name is one at once.
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
# "</read_file>", "Action Input: pages of the mill".
_CALL = re.compile(r"</[\w:-]{1,40}>\Z|(?:^|\n)[ \t]*Action Input:[^\n]*\Z")
_MAX_CALL_CHARS = 400
# What a user adds to a result.
_ADDED = re.compile(r"<(?:answer|feedback|task|user_feedback|user_message)>")
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
            if form and in_a_row >= _least_in_a_row(before, form):
                found.add(number)
        before = message
    return Observations(frozenset(found), form, in_a_row)


def _least_in_a_row(answer: Mapping[str, Any], form: str) -> int:
    """How many messages of the form make the last an observation, which follows this answer."""
    content = answer.get("content")
    said = content.rstrip() if isinstance(content, str) else ""
    if _CALL.search(said[-_MAX_CALL_CHARS:]) and form[0].isalpha():
        return 1
    return _MIN_IN_A_ROW - said.endswith("```")


def _form_of(content: Any) -> str:
    """What shows that a program wrote the text: the prompt that it ends in, or its name; else nothing. Of
    several text parts the first may name what the others hold."""
    texts = _texts_of(content)
    if len(texts) == 1 and (prompt := _PROMPT.search(texts[0][-_MAX_PROMPT_CHARS:])):
        return prompt.group().strip()
    name = _NAME.match(texts[0]) if texts else None
    # Behind a name that he gave to what he pastes, a user may ask.
    if name is None or asks_question(texts[-1][-MAX_ASKING_CHARS:]) or any(map(_ADDED.search, texts)):
        return ""
    return name[1].lower()


def _texts_of(content: Any) -> list[str]:
    """The texts of a message's content; none where it holds other things, too."""
    parts = content if isinstance(content, list) else [{"text": content}]
    texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return texts if len(texts) == len(parts) else []
