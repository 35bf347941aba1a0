"""Tells which words of a description the name, the type and the other keywords of the schema say already.

Before: "The ID of the reservation." on `reservation_id`; "Options are `a` and `b`." where an enum has them;
        "in the format 'YYYY-MM-DD', such as '2024-05-01'"
After:  nothing; nothing; the format, of which the example is one
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from token_optimizer.optimizer.relevance.words import stems_of
from token_optimizer.text.cache import remembered

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
# What these forbid or demand is never redundant, whatever the schema says.
_DUTY = re.compile(
    r"\b(?:must|shall|should|never|not|only|cannot|\w+n['’]t|always|exactly|at (?:least|most)"
    r"|required (?:for|if|when|unless))\b",
    re.IGNORECASE,
)
# When a default holds.
_WHEN_ABSENT = re.compile(r"\bif not (?:provided|specified|given|set|supplied)\b", re.IGNORECASE)
# What every description says, or the keywords of a schema do.
_GENERIC = frozenset(
    re.findall(
        r"\w+",
        "a about an and any are argument array as at be boolean by can certain containing contains"
        " corresponding default defaults description desired detail field flag for from given here id"
        " identified identifier in included indicates indicating information input integer is it item its"
        " list name names number object of on one optional or parameter parameters particular property"
        " provided providing representing represents required set specific specified specifies specify"
        " specifying string supplied text that the their this to type unique used using value values"
        " whether which with",
    )
)
_ABBREVIATED = {
    "addr": "address",
    "app": "application",
    "auth": "authentication",
    "config": "configuration",
    "db": "database",
    "dest": "destination",
    "dir": "directory",
    "doc": "document",
    "env": "environment",
    "img": "image",
    "info": "information",
    "lang": "language",
    "max": "maximum",
    "min": "minimum",
    "msg": "message",
    "num": "number",
    "org": "organization",
    "param": "parameter",
    "pwd": "password",
    "qty": "quantity",
    "repo": "repository",
    "src": "source",
}
# What introduces values that an enum lists.
_OF_CHOICES = frozenset(
    re.findall(
        r"\w+",
        "acceptable accepted allowed choice common either etc example include may option possible such valid",
    )
)
# What introduces an example.
_OF_EXAMPLES = frozenset(["as", "e", "eg", "example", "for", "g", "instance", "like", "or", "such"])
# Dates and times in letters, as "YYYY-MM-DD" and "HH:MM".
_LETTERS = re.compile(r"\b[YyMmDdHhSs]{1,4}(?:[-/.:T ]{1,2}[YyMmDdHhSs]{1,4})+Z?\b")
_LITERAL = re.compile(r"""(['"`])([^'"`]{1,40})\1""")
# A word of which something is said: "LEFT indicates", "asc for ascending", "json: the".
_SAID_OF = re.compile(
    r"""(?<![^\W_])([\w.+-]{2,40})['"`]?(?:\ (?:for|if|means|is|are|will|indicates|returns|shows|gives|sends
    |selects|includes|excludes|uses|keeps|sorts|filters|denotes|represents|=|-|–|\()|:|\()""",
    re.VERBOSE,
)
_LETTER = re.compile("[YyMmDdHhSs]")
_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class Described:
    """What a description belongs to: its `names` (its own and those around it), its `schema`, and whether a
    call has to give it; None where that is not said."""

    names: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict)
    required: bool | None = None
    is_tool: bool = False

    @property
    def own_words(self) -> Sequence[str]:
        """The words of a property's own name; a tool's says nothing of the kind of a value."""
        return words_of(self.names[-1]) if self.names and not self.is_tool else ()


def demands(sentence: str) -> bool:
    """Whether the sentence forbids or demands something."""
    return _DUTY.search(sentence) is not None


class Known:
    """The words that name, type and the other keywords of a schema say already."""

    def __init__(self, described: Described) -> None:
        schema = described.schema
        self._required = described.required
        self._has_default = "default" in schema
        self._is_list = schema.get("type") == "array"
        self._generic = _GENERIC | _OF_CHOICES if "enum" in schema else _GENERIC
        named = [*described.names, *_properties_of(schema)]
        self._names = {word for name in named for word in words_of(name)}
        self._stems = {stem for word in self._names for stem in stems_of(word)}
        self._defaults = self._names | _value_words(schema, ("default",))
        self._values = self._defaults | _value_words(schema, ("enum",))

    def say(self, sentence: str) -> bool:
        """Whether every word of a sentence, or of a part of one, is known, and nothing is demanded."""
        if self._has_default:
            sentence = _WHEN_ABSENT.sub("", sentence)
        words = words_of(sentence)
        if not words or demands(sentence) or self._contradict(words):
            return False
        says_default = not {"default", "defaults"}.isdisjoint(words)
        if says_default and not self._has_default:
            return False
        known = self._defaults if says_default else self._values
        return all(
            word in self._generic
            or word in known
            or (word == "each" and self._is_list)
            or not self._stems.isdisjoint(stems_of(word))
            for word in words
        )

    def _contradict(self, words: Sequence[str]) -> bool:
        """Whether the words say of what is required that it is optional, or the other way round."""
        return (self._required is False and "required" in words) or (
            self._required is True and "optional" in words
        )


def explains_choice(sentence: str, schema: Mapping[str, Any]) -> bool:
    """Whether the sentence says of a value of the schema's enum what it stands for."""
    told = _SAID_OF.findall(sentence)
    return any(value in told for value in _listed(schema.get("enum")))


def is_example_of_format(clause: str, description: str) -> bool:
    """Whether the clause has examples alone, and each is a date or time, or what is made of them, in a format
    that the description gives in letters."""
    literals = [match[2] for match in _LITERAL.finditer(clause)]
    if not literals or not _OF_EXAMPLES.issuperset(words_of(_LITERAL.sub("", clause))):
        return False
    formats = {_LETTER.sub("0", found.group()) for found in _LETTERS.finditer(description)}
    for _, literal in _LITERAL.findall(description):
        # Several in one literal: 'YYYY-MM-DD to YYYY-MM-DD'.
        form, count = _LETTERS.subn(lambda found: _LETTER.sub("0", found.group()), literal)
        formats |= {form} if count else set()
    return all(_DIGIT.sub("0", literal) in formats for literal in literals)


# Names come again with every description in a schema, and sentences at every step that cuts more.
@remembered(10_000, max_chars=1_000_000)
def words_of(text: str) -> Sequence[str]:
    """Lower-case words, camelCase and snake_case split, without the ending of a plural or a possessive;
    abbreviations that names have in full."""
    found = (word.lower() for word in _WORD.findall(_CAMEL.sub(" ", _POSSESSIVE.sub("", text))))
    singular = (
        word[:-1] if len(word) > 3 and word.endswith("s") and word not in _GENERIC else word for word in found
    )
    return tuple(_ABBREVIATED.get(word, word) for word in singular)


def _properties_of(schema: Mapping[str, Any]) -> Iterable[str]:
    """The names of the properties of an object."""
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else ()


def _value_words(schema: Mapping[str, Any], keywords: Iterable[str]) -> set[str]:
    """The words of the values that these keywords of the schema give."""
    values = [value for keyword in keywords for value in _listed(schema.get(keyword))]
    return {word for value in values if value is not None for word in words_of(_as_text(value))}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
