"""What stays of the description of a tool, or of a property in its schema.

A description holds rules: which, when, never, format, unit, example. `concise` leaves out only what the
name, the type and the other keywords of the schema say already. `rules` leaves out every other sentence of a
property that states no rule. Both keep a description with a structure of its own (lists, headings, code,
tags) whole, since its sentences depend on one another, and one in a language whose rules we cannot tell.
`first_sentence`, `few_words` and `none` cut rules too, for those who ask for that.

Before: "The day of departure. MUST be YYYY-MM-DD. This parameter is required." on a required `departure_day`
After:  "The day of departure. MUST be YYYY-MM-DD." (`concise`), "MUST be YYYY-MM-DD." (`rules`)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from token_optimizer.text.sentences import first_sentence, sentences

_FEW_WORDS = 8
_CLAUSE_END = re.compile(r"[,;:(]\s|\s[(–-]|[.!?]?$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_STRUCTURED = re.compile(r"(?m)^\s*(?:[-*+•#>|]|\d{1,3}[.)]\s)|```|</?\w|:\s*$")
# Words that English is not written without: a text with none of them is in another language.
_ENGLISH = re.compile(r"\b(?:the|an?|of|to|for|and|in|or|is|are|by|from|with|this|that)\b", re.IGNORECASE)
# What marks a rule: duty, negation, condition, preference, format, unit, bound, example, literal.
_RULE = re.compile(
    r"""\b(?:must|shall|should|ought|needs?\ to|ha(?:s|ve)\ to|requires|requirements?|mandatory
    |never|not|no|none|cannot|\w+n['’]t|only|always|exactly?|except\w*|unless|without|both|either|neither|each
    |if|when|whenever|where|while|before|after|until|once|first|then|otherwise|instead|rather|else
    |prefer\w*|avoid\w*|ensure|make\ sure|important\w*|warnings?|caution|beware|note|recommended|deprecated
    |use|call|do|set|pass|leave|omit\w*|same|unique\ to
    |format\w*|iso|e\.?g|i\.?e|examples?|such\ as|like|pattern|regex|case|comma\w*|separated|encoded
    |digits?|characters?|letters?|words?|capital\w*|(?:upper|lower)\w*|absolute|relative|inclusive|exclusive|empty|null|true|false
    |utc|gmt|timezone|(?:milli)?seconds?|minutes?|hours?|ms|bytes?|[kmg]i?b|percent\w*|degrees?
    |celsius|fahrenheit|kelvin|(?:kilo|centi|milli)?met(?:er|re)s?|[kcm]m|miles?|feet|inches|kg|grams?|pounds?
    |usd|eur|dollars?|euros?|cents?|currency|units?
    |between|at\ least|at\ most|up\ to|max\w*|min\w*|limit\w*|ranges?|ranging|defaults?)\b
    |(?<![^\W\d_])\d|["`'‘’“”<>{}\[\]=%$°€£/]""",
    re.IGNORECASE | re.VERBOSE,
)
# What has the words of a rule and states none: names of things, and "if" for "whether".
_NO_RULE = re.compile(
    r"""(?<=[^\W\d_])['’](?=[^\W\d_])(?!t\b)
    |\b(?:indicat|specif|determin)\w*\ if\b|\bor\ not\b
    |^(?:the|an?)\ (?:[\w'’-]+\ ){1,6}where\b(?=\ [\w'’-]+\ )
    |\bfirst\ (?:and\ last\ )?names?\b|\bthe\ second\b|\bto-do\b
    |\b(?:to|for|result|being)\ (?:use|set|call)\b(?!\ (?:only|to)\b)
    |\b(?:phone|single|individual|api|function|the|an?|one|this)\ call\b|\bon-call\b
    |\bprefer(?:ences?|s)\b|(?<!\bis\ )(?<!\bare\ )\bpreferred\ (?!over\b|to\b|by\b|when\b|if\b)(?=\w)""",
    re.IGNORECASE | re.VERBOSE,
)
# What these forbid or demand is never redundant, whatever the schema says.
_DUTY = re.compile(r"\b(?:must|shall|should|never|not|only|cannot|\w+n['’]t|always)\b", re.IGNORECASE)
# What every description says, or the keywords of a schema do.
_GENERIC = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be boolean by can default defaults description field flag for from given here"
        " id identifier in integer is it its list name names number object of on one optional or parameter"
        " parameters property provided representing represents required set specified specifies specify"
        " string text that the this to type used value values which with array indicates indicating whether"
        " input argument",
    )
)
# What introduces values that an enum lists.
_OF_CHOICES = frozenset(
    re.findall(
        r"\w+",
        "acceptable accepted allowed choice common either etc example include may option possible such valid",
    )
)


@dataclass(frozen=True, slots=True)
class Described:
    """What a description belongs to: its `names` (its own and those around it), its `schema`, and whether a
    call has to give it; None where that is not said."""

    names: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict)
    required: bool | None = None
    is_tool: bool = False


Describe = Callable[[str, Described], str]


def full(text: str, described: Described) -> str:
    """The description as it is."""
    return text


def concise(text: str, described: Described) -> str:
    """The description without sentences that the name and the schema say already."""
    if is_structured(text):
        return text
    said = list(sentences(text))
    kept = _telling(said, described)
    return text if len(kept) == len(said) else " ".join(kept)


def rules(text: str, described: Described) -> str:
    """The sentences that state a rule; of a tool the first sentence, too."""
    if is_structured(text) or not _ENGLISH.search(text):
        return text
    said = _telling(list(sentences(text)), described)
    first = said[:1] if described.is_tool else []
    return " ".join([*first, *filter(_states_rule, said[len(first) :])])


def first_sentence_of(text: str, described: Described) -> str:
    """The first sentence, whatever the others say."""
    return first_sentence(text)


def few_words(text: str, described: Described) -> str:
    """The first clause of the first sentence, or its first words where that is long."""
    sentence = first_sentence(text)
    end = _CLAUSE_END.search(sentence)
    return " ".join(sentence[: end.start() if end else None].split()[:_FEW_WORDS])


def nothing(text: str, described: Described) -> str:
    """No description."""
    return ""


MODES: Mapping[str, Describe] = {
    "none": nothing,
    "few_words": few_words,
    "first_sentence": first_sentence_of,
    "rules": rules,
    "concise": concise,
    "full": full,
}
# Modes that keep every rule.
RULE_KEEPING = frozenset({"rules", "concise", "full"})


def is_structured(text: str) -> bool:
    """Whether the description has lists, headings, code or tags."""
    return _STRUCTURED.search(text) is not None


def is_name_again(title: str, names: tuple[str, ...]) -> bool:
    """Whether a title is only the name written in another way."""
    return bool(names) and _words(title) == _words(names[-1])


def _states_rule(sentence: str) -> bool:
    return _RULE.search(_NO_RULE.sub("", sentence)) is not None


def _telling(said: list[str], described: Described) -> list[str]:
    """The sentences that say more than name and schema; what a tool does is always said."""
    return [
        sentence
        for number, sentence in enumerate(said)
        if (described.is_tool and number == 0) or not _is_redundant(sentence, described)
    ]


def _is_redundant(sentence: str, described: Described) -> bool:
    """Whether every word of the sentence stands in the name or the schema, and nothing is demanded by it."""
    words = _words(sentence)
    if _DUTY.search(sentence) or not words:
        return False
    if described.required is False and "required" in words:
        return False
    if described.required is True and "optional" in words:
        return False
    says_default = not {"default", "defaults"}.isdisjoint(words)
    if says_default and "default" not in described.schema:
        return False
    known = {word for name in described.names for word in _words(name)}
    known |= _value_words(described.schema, ("default",) if says_default else ("default", "enum"))
    generic = _GENERIC | _OF_CHOICES if "enum" in described.schema else _GENERIC
    return all(word in generic or word in known for word in words)


def _value_words(schema: Mapping[str, Any], keywords: Iterable[str]) -> set[str]:
    """The words of the values that these keywords of the schema give."""
    values = [value for keyword in keywords for value in _listed(schema.get(keyword))]
    return {word for value in values if value is not None for word in _words(_as_text(value))}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _words(text: str) -> list[str]:
    """Lower-case words, camelCase and snake_case split, without a plural's ending."""
    found = (word.lower() for word in _WORD.findall(_CAMEL.sub(" ", text)))
    return [
        word[:-1] if len(word) > 3 and word.endswith("s") and word not in _GENERIC else word for word in found
    ]
