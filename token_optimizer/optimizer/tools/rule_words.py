"""Tells the sentences of a description that state a rule from those that only say what a thing is.

A rule is a duty, a negation, a condition, an order, a format, a unit, a bound, an example or a literal. Some
of their words state none where they stand in a phrase that names a thing, or says what a flag is for.

Before: "The day when the guest should arrive.", "Give the day when the guest should arrive.", "A day in UTC."
After:  no rule in the first, one in each of the others
"""

from __future__ import annotations

import re
from collections.abc import Collection

from token_optimizer.optimizer.tools.redundancy import words_of

# What marks a rule wherever it stands.
_RULE = re.compile(
    r"""\b(?:must|never|not|no|none|cannot|\w+n['’]t|only|always|exact(?:ly)?|except\w*|unless|without|neither
    |mandatory|first|then|otherwise|instead|rather|else|if
    |prefer\w*|avoid\w*|ensure|make\ sure|important\w*|warnings?|caution|careful|beware|deprecated
    |format\w*|iso|uuid|base64|unix|e\.?g|i\.?e|examples?|such\ as|like|pattern|regex|case|comma\w*|separated
    |encoded|codes?|digits?|characters?|letters?|words?|capital\w*|(?:upper|lower)\w*|absolute|relative|inclusive
    |exclusive|null|true|false|each|unique\ to
    |utc|gmt|timezone|(?:milli)?seconds?|minutes?|hours?|ms|bytes?|[kmg]i?b|percent\w*|degrees?
    |celsius|fahrenheit|kelvin|(?:kilo|centi|milli)?met(?:er|re)s?|[kcm]m|miles?|feet|inches|kg|grams?|pounds?
    |usd|eur|dollars?|euros?|cents?|currency|units?
    |between|at\ least|at\ most|up\ to|(?:zero|one)-based|(?:in|of)\ tokens
    |one\ (?:\w+\ )?(?:sentence|line|paragraph))\b
    |(?:\A|[(,;–-]\ ?)required\b|(?<![^\W\d_])\d|["`'‘’“”<>{}\[\]=%$°€£/]""",
    re.IGNORECASE | re.VERBOSE,
)
# What marks a rule in a sentence that says what a tool does; the other words are about what it works on.
_RULE_OF_USE = re.compile(
    r"""\b(?:must|never|not|no|none|cannot|\w+n['’]t|only|always|exactly|except\w*|unless|without|mandatory|otherwise
    |instead|rather|if|prefer|avoid|ensure|important\w*|warnings?|caution|careful|beware|deprecated|should
    |shall|ought|needs?\ to|ha(?:s|ve)\ to|requires?|when|whenever|before|after|until|once
    |use\ (?:this|it|the)|call\ (?:this|it)|format\w*|encoded|iso|utc|gmt|uuid|base64|at\ least
    |at\ most|up\ to|max\w*|min\w*)\b
    |\b\d+(?:[.,]\d+)*(?![\w-])|["`'‘’“”<>{}\[\]=%$°€£]""",
    re.IGNORECASE | re.VERBOSE,
)
# Of these the kinds of values: a name that has the word says it already.
_KIND = re.compile(
    r"""(?:format|iso|uuid|base64|unix|pattern|regex|case|code|digit|character|letter|word
    |utc|gmt|timezone|(?:milli)?second|minute|hour|ms|byte|percent\w*|degree|celsius|fahrenheit|kelvin
    |(?:kilo|centi|milli)?met(?:er|re)|mile|usd|eur|dollar|euro|cent|currency|unit)s?""",
    re.IGNORECASE | re.VERBOSE,
)
# What marks one in a sentence, and none in a phrase that names a thing.
_RULE_OF_SENTENCE = re.compile(
    r"""\b(?:shall|should|ought|needs?\ to|ha(?:s|ve)\ to|requires|requirements?|both|either
    |when|whenever|where|while|before|after|until|once|note|recommended
    |use|call|do|set|pass|leave|omit\w*|same|empty|max\w*|min\w*|limit\w*|ranges?|ranging|defaults?
    |automatic\w*|overwrit\w*|replaces|irrevers\w*|irrevocabl\w*|permanent\w*|undone|destructive
    |read-only|side\ effects?|can\ (?:also\ )?be\ (?:an?|the|any|one|left)
    |as\ an?\ (?:string|number|integer|boolean|list|array|object|json))\b
    |\Afor\ [^,.;:]{1,40},\ """,
    re.IGNORECASE | re.VERBOSE,
)
# What asks for something, where it is not said of a flag or of what a tool does.
_ORDER = re.compile(
    r"""(?:provide|include|enter|give|specify|state\ the|choose|pick|select|write|fill|supply|keep|add|put
    |wrap|escape|quote|prefix|append|separate|combine|repeat)\b(?!\ whether\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_IF_FOR_WHETHER = re.compile(r"\b((?:indicat|specif|determin)\w*) if\b", re.IGNORECASE)
_OF_MANY = re.compile(r"(?<=s)['’](?=\s)")
# What has the words of a rule and states none: names of things, conditions without content.
_NO_RULE = re.compile(
    r"""(?<=[^\W\d_])['’](?=[^\W\d_])(?!t\b)
    |\bor\ not\b
    |,?\ \(?if\ (?:any|applicable|available|needed|necessary|desired)\b
    |\bfirst\ (?:and\ last\ )?names?\b|\bthe\ second\b|\bto-do\b|\b(?:for|of)\ each\b|\bin\ units\b
    |\b(?:the|an?)\ (?:[\w-]+\ ){0,3}format(?=\.?\Z|\ (?:of|for|in\ which)\b)
    |\b(?:to|for|result|being)\ (?:use|set|call)\b(?!\ (?:only|to)\b)
    |\b(?:phone|single|individual|api|function|the|an?|one|this)\ call\b|\bon-call\b
    |\bprefer(?:ences?|s)\b|(?<!\bis\ )(?<!\bare\ )\bpreferred\ (?!over\b|to\b|by\b|when\b|if\b)(?=\w)""",
    re.IGNORECASE | re.VERBOSE,
)
# How a phrase begins that names a thing, or says what a flag is for.
_NAMES = re.compile(
    r"""(?:the|an?)\b|(?:max|min)\w*\ (?:number|amount)\b|whether\b
    |flag\b|(?:indicat|specifi|determin|defin|represent|describ|identifi)e?s\b|specify\ whether\b""",
    re.IGNORECASE | re.VERBOSE,
)
_RELATIVE = re.compile(
    r"\b(?:(?:for|in|at|to|from|with|on|by|of) )?(?:which|that|where|who(?:m|se)?|when|whether|how)\b[^,;:(]*"
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|can|may|might|will|would|could|does|must|should|shall|ought|means?"
    r"|needs?|supports?|accepts?|requires?|defaults? to)\b",
    re.IGNORECASE,
)
# What a flag does where it is set: no more of a rule than "whether to do so".
_WHERE_SET = re.compile(
    r"""(?:a\ (?:boolean\ )?flag\ that,?\ )?(?:(?:if|when)(?:\ it\ is)?(?:\ set\ to)?|set(?:\ this|\ it)?\ to)
    \ ['"`]?true['"`]?,?(?:\ (?:if|when|to)\b)?""",
    re.IGNORECASE | re.VERBOSE,
)


# What a flag is about: most words of a rule say here no more than what is true or false.
_FLAG_PHRASE = re.compile(
    r"""(?:an?\ )?(?:(?:optional\ )?(?:boolean\ )?flag\ (?:to|that|for|indicating|specifying)\b
    |(?:indicat|specifi|determin|denot|defin)es?\ (?:if|whether)\b|specify\ (?:if|whether)\b|whether\b)
    [^,;:.('"`0-9]*(?:,\ (?:such\ as|like|including)\b[^;:.('"`0-9]*)?""",
    re.IGNORECASE | re.VERBOSE,
)

# What is written as programs write it: another tool, a field of its answer.
_WRITTEN_NAME = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b|\b[a-z]{2,}[A-Z][A-Za-z0-9]*\b")
_DUTY = re.compile(r"\b(?:must|never|not|only|always|cannot|\w+n['’]t)\b", re.IGNORECASE)


def has_verb(text: str) -> bool:
    """Whether something is said of something, as in a sentence; relative clauses are left out of account."""
    return _VERB.search(_RELATIVE.sub("", text)) is not None


def names_thing(sentence: str) -> bool:
    """Whether the sentence is a phrase that names a thing, or says what a flag is for."""
    return _NAMES.match(sentence) is not None and not has_verb(sentence)


def asks_for_something(sentence: str) -> bool:
    """Whether the sentence begins with a verb that asks for something."""
    return _ORDER.match(sentence) is not None


def states_rule_of_use(sentence: str) -> bool:
    """Whether a sentence that says what a tool does also states a rule."""
    return _RULE_OF_USE.search(_OF_MANY.sub("", _NO_RULE.sub("", sentence))) is not None


def states_rule(
    text: str, *, of_flag: bool = False, in_name: bool = False, named: Collection[str] = ()
) -> bool:
    """Whether a sentence states a rule, or a part of one; `of_flag`: about a value that is true or false,
    `in_name`: in a phrase that names a thing; `named`: the words that its own name has."""
    text = _NO_RULE.sub("", _IF_FOR_WHETHER.sub(r"\1 whether", text))
    is_name = names_thing(text) or (in_name and not has_verb(text))
    if of_flag and (where_set := _WHERE_SET.match(text)):
        is_name, text = True, text[where_set.end() :]
    elif of_flag and (phrase := _FLAG_PHRASE.match(text)) and not _DUTY.search(phrase.group()):
        text = text[phrase.end() :]
    if any(not _is_named(match.group(), named) for match in _RULE.finditer(text)):
        return True
    if any(not set(words_of(match.group())) <= set(named) for match in _WRITTEN_NAME.finditer(text)):
        return True
    return not is_name and _RULE_OF_SENTENCE.search(text) is not None


def _is_named(word: str, named: Collection[str]) -> bool:
    """Whether the word says of what kind a value is, as the name does."""
    return _KIND.fullmatch(word) is not None and not {word.lower(), word.lower().rstrip("s")}.isdisjoint(
        named
    )
