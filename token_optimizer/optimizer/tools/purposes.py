"""What a tool is for, in as few words as its name and its parameters leave to be said.

Before: "Deletes a specific custom dashboard." of `delete_custom_dashboard`; "This function flips an image."
After:  nothing; "Flips an image."
"""

from __future__ import annotations

import re

from token_optimizer.optimizer.tools.redundancy import Described, Known, words_of
from token_optimizer.optimizer.tools.rule_words import states_rule


def _forms_of(verb: str) -> tuple[str, str]:
    """The verb as names and descriptions have it."""
    if verb.endswith("y"):
        return verb, verb[:-1] + "ies"
    return verb, verb + ("es" if verb.endswith("ch") else "s")


# Verbs that say the same of a tool; what a name says in one of them, a description may say in another.
_DEEDS = [
    frozenset(form for verb in group.split() for form in _forms_of(verb))
    for group in (
        "get retrieve fetch return list show read find",
        "search find query look",
        "create add make insert register generate",
        "update modify change edit",
        "delete remove",
        "set assign",
        "send post",
        "check verify",
        "calculate compute",
        "start initiate begin",
    )
]
# What is new is created, and what exists is changed.
_SAYS_NOTHING = re.compile(
    r"\b(?:new|existing|information|(?:in|from|within|to|of|on) the system|based)\b", re.IGNORECASE
)
_OPENING = re.compile(
    r"(?:this|the) (?:function|tool|method|endpoint|operation) "
    r"(?:(?:is|can be) (?:used|designed) to )?(?!is\b|can\b|will\b)(?=[a-z])",
    re.IGNORECASE,
)


def purpose(sentence: str, described: Described) -> str:
    """The sentence that says what a tool does, without an opening that all tools could have; empty where the
    name says all of it. One that states a rule stays as it is."""
    if states_rule(sentence):
        return sentence
    if _is_in_name(sentence, described):
        return ""
    short = _OPENING.sub("", sentence, 1)
    return short[:1].upper() + short[1:]


def _is_in_name(sentence: str, described: Described) -> bool:
    """Whether the name has the verb, or one like it, and with the parameters all other words."""
    verb, _, rest = _OPENING.sub("", sentence, 1).partition(" ")
    named = {word for name in described.names for word in words_of(name)}
    says_deed = any(verb.lower() in deeds and not named.isdisjoint(deeds) for deeds in _DEEDS)
    left = _SAYS_NOTHING.sub("", rest)
    return says_deed and (not words_of(left) or Known(described).say(left))
