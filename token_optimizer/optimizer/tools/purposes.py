"""What a tool is for, in as few words as its name and its parameters leave to be said.

Before: "Deletes a specific custom dashboard." of `delete_custom_dashboard`; "This function flips an image.";
        "Retrieves a list of the berths in the harbour." of `get_berths`
After:  nothing; "Flips an image."; "Berths in the harbour.", and as a `gist` nothing
"""

from __future__ import annotations

import re

from token_optimizer.optimizer.tools.clauses import dangles
from token_optimizer.optimizer.tools.redundancy import Described, Known, words_of
from token_optimizer.optimizer.tools.rule_words import states_rule_of_use


def _forms_of(verb: str) -> tuple[str, str]:
    """The verb as names and descriptions have it."""
    if verb.endswith("y"):
        return verb, verb[:-1] + "ies"
    return verb, verb + ("es" if verb.endswith("ch") else "s")


# Verbs that say the same of a tool; what a name says in one of them, a description may say in another.
_DEEDS = [
    frozenset(form for verb in group.split() for form in _forms_of(verb))
    for group in (
        "get retrieve fetch return list show read find view display",
        "search find query look discover browse explore",
        "create add make insert register generate",
        "update modify change edit",
        "delete remove",
        "set assign",
        "send post",
        "check verify",
        "calculate compute",
        "start initiate begin",
        "book reserve",
        "buy purchase",
        "run execute",
    )
]
# A rule for a value, unless it is an ID, which is always unique.
_IS_UNIQUE = re.compile(r"\bunique\b(?! id)", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
# What is new is created, and what exists is changed.
_SAYS_NOTHING = re.compile(
    r"""\b(?:new|existing|all|available|selected|information|detailed
    |(?:in|from|within|to|of|on)\ the\ system|based)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_OPENING = re.compile(
    r"(?:this|the) (?:function|tool|method|endpoint|operation) "
    r"(?:(?:is|can be) (?:used|designed) to )?(?!is\b|can\b|will\b)(?=[a-z])",
    re.IGNORECASE,
)
# What the tool shows stands behind this.
_SHOWS = re.compile(
    r"""(?P<verb>(?:[A-Z][a-z]+(?<!earch)(?<!earches)|Search(?:es)?(?=\ for))\b)\ (?:for\ )?(?:an?\ |the\ )?
    (?:(?:(?:complete|full|comprehensive|detailed|paginated)\ )?(?:list|array|details|information)
      \ (?:of|about|on|regarding)\ (?:an?\ |the\ )?)?(?:specific\ )?(?=[^\W\d_])""",
    re.VERBOSE,
)
_SHOWING = frozenset.union(*_DEEDS[:2])
# What begins a detail of what a tool does; "of" and "to" belong to what stands before them.
_DETAIL = re.compile(
    r"""[,;]?\ (?:for|in|on|from|with|within|by|based\ on|using|at|associated\ with|identified\ by|including
    |considering|through|via|about|regarding|related\ to|along\ with|so|such\ as|where|when|during|over|per
    |across|under)\b|[,;]\ (?:which|\w+ing|optionally|filtered|sorted|e\.g)\b""",
    re.VERBOSE,
)
# What narrows down what stands before it, and has prepositions of its own.
_RELATIVE = re.compile(
    r"\b(?:that|which|who|whose|whether|if|how|what|not|no|without|except|only)\b", re.IGNORECASE
)
# Words of a phrase that do not say what a tool works on.
_EMPTY = re.compile(
    r"""\b(?:an?|the|all|any|one|or|and|of|more|every|each|to|up|in|on|out|off|back|available|current|new|existing
    |specific|detailed|complete|full|list|array|set|number|types?|details|information|data|amount|series|piece
    |total|instance|state|status|contents?|results?|value|search|quer(?:y|ies)|check|scan|test|request|operations?
    |action|process|task|record|(?:specifi|provid|select|giv)ed|given)\b""",
    re.IGNORECASE | re.VERBOSE,
)
# A second thing that a tool does, other than to return something.
_DOES_MORE = re.compile(
    r"""\b(?:and|then|or)(?:\ \w+ly)?\ (?!return|provid|display|show|get|retriev)
    [a-z]+\ (?:the|an?|its?|their|them|all|any)\b""",
    re.VERBOSE,
)

# Longer sentences that say what a tool does, nobody has written.
_MAX_CHARS = 1_000


def purpose(sentence: str, described: Described) -> str:
    """The sentence that says what a tool does, without an opening that all tools could have; empty where the
    name says all of it. One that states a rule stays as it is."""
    if states_rule_of_use(sentence):
        return sentence
    return _beyond_name(_OPENING.sub("", sentence, 1), described)


def gist(sentence: str, described: Described) -> str:
    """The purpose without its details, for a tool that is not likely to be called."""
    if len(sentence) > _MAX_CHARS or states_rule_of_use(sentence) or _DOES_MORE.search(sentence):
        return purpose(sentence, described)
    short = _OPENING.sub("", sentence, 1)
    return _beyond_name(_without_details(short), described)


def _without_details(sentence: str) -> str:
    narrowed = _RELATIVE.search(sentence)
    for detail in _DETAIL.finditer(sentence, 0, narrowed.start() if narrowed else len(sentence)):
        phrase = sentence[: detail.start()]
        if _says_what(phrase) and not dangles(phrase):
            return phrase + "."
    return sentence


def _beyond_name(sentence: str, described: Described) -> str:
    return "" if _is_in_name(sentence, described) else _capitalized(_shown(sentence, described))


def _says_what(phrase: str) -> bool:
    """Whether there is more in the phrase than a verb and words without content."""
    return len(_WORD.findall(_EMPTY.sub("", phrase))) > 1


def _shown(sentence: str, described: Described) -> str:
    """What a tool shows that says so by its name; another sentence as it is."""
    shows = _SHOWS.match(sentence)
    if shows is None or shows["verb"].lower() not in _SHOWING or " and return" in sentence:
        return sentence
    named = {word for name in described.names for word in words_of(name)}
    return sentence if named.isdisjoint(_SHOWING) else sentence[shows.end() :]


def _capitalized(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _is_in_name(sentence: str, described: Described) -> bool:
    """Whether the name has the verb, or one like it, and with the parameters all other words."""
    verb, _, rest = sentence.partition(" ")
    named = {word for name in described.names for word in words_of(name)}
    if _IS_UNIQUE.search(rest):
        return False
    says_deed = Known(Described(described.names)).say(verb) or any(
        verb.lower() in deeds and not named.isdisjoint(deeds) for deeds in _DEEDS
    )
    left = _SAYS_NOTHING.sub("", rest)
    return says_deed and (not words_of(left) or Known(described).say(left))
