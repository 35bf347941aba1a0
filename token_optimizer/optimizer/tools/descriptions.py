"""What stays of the description of a tool, or of a property in its schema.

A description holds rules: which, when, never, format, unit, example. `concise` leaves out only what the
name, the type and the other keywords of the schema say already. `rules` leaves out what else states no rule;
of a tool it keeps what the tool does, where its name does not say that. Whole sentences go, and parts of one
where what is left reads on; a sentence that forbids or demands something stays whole. Both keep a description
with a structure of its own (lists, headings, code, tags), since its sentences depend on one another, and one
in a language whose rules we cannot tell. `first_sentence`, `few_words` and `none` cut rules too, for those
who ask for that.

Before: "The day, in the format DD.MM. of the Julian calendar. By the guest. MUST be a Monday. Required."
After:  "in the format DD.MM. of the Julian calendar. By the guest. MUST be a Monday." (`concise`, on a
        required `day`), without "By the guest." (`rules`)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from token_optimizer.optimizer.tools.clauses import Clause, clauses, end_mark, joined, readable
from token_optimizer.optimizer.tools.purposes import purpose
from token_optimizer.optimizer.tools.redundancy import (
    Described,
    Known,
    demands,
    is_example_of_format,
    words_of,
)
from token_optimizer.optimizer.tools.rule_words import names_thing, states_rule
from token_optimizer.text.sentences import first_sentence, sentences

_FEW_WORDS = 8
_CLAUSE_END = re.compile(r"[,;:(]\s|\s[(–-]|[.!?]?$")
_STRUCTURED = re.compile(r"(?m)^[^\S\n]*(?:[-*+•#>|]|\d{1,3}[.)]\s)|```|</?\w|:\s*$")
# Words that English is not written without: a text with none of them is in another language.
_ENGLISH = re.compile(r"\b(?:the|an?|of|to|for|and|in|or|is|are|by|from|with|this|that)\b", re.IGNORECASE)
# Examples of what a tool does are none of what it takes.
_EXAMPLES_OF = re.compile(r"(?:such as|including|for example|for instance)\b", re.IGNORECASE)
# A format is a rule, also where the values of an enum give it.
_NAMES_FORMAT = re.compile(r"\bformats?\b", re.IGNORECASE)

# What stays with what it belongs to where it states no rule.
_STAY_ALONG = ("bracket", "narrows")

Describe = Callable[[str, Described], str]


def full(text: str, described: Described) -> str:
    """The description as it is."""
    return text


def concise(text: str, described: Described) -> str:
    """The description without what the name and the schema say already."""
    if is_structured(text):
        return text
    said = list(sentences(text))
    kept = _telling(said, text, described)
    return text if kept == said else " ".join(filter(None, kept))


def rules(text: str, described: Described) -> str:
    """What states a rule; of a tool also what it does beyond its name."""
    if is_structured(text) or not _ENGLISH.search(text):
        return text
    told = _telling(list(sentences(text)), text, described)
    ruling = (_ruling(sentence, described, at) for at, sentence in enumerate(told) if sentence)
    return " ".join(filter(None, ruling))


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
    return bool(names) and words_of(title) == words_of(names[-1])


def _telling(said: list[str], text: str, described: Described) -> list[str]:
    """What each sentence says beyond name and schema, empty where that is nothing; what a tool does is always
    said."""

    known = Known(described)

    def tells(clause: Clause) -> bool:
        return not (known.say(clause.text) or is_example_of_format(clause.text, text))

    def left(at: int, sentence: str) -> str:
        if "enum" in described.schema and _NAMES_FORMAT.search(sentence):
            return sentence
        if known.say(sentence) and not (described.is_tool and at == 0):
            return ""
        return _with(tells, sentence, keeps_head=described.is_tool)

    return [left(at, sentence) for at, sentence in enumerate(said)]


def _ruling(sentence: str, described: Described, at: int) -> str:
    """What of the sentence states a rule; what a tool does stays, too."""
    is_purpose = described.is_tool and at == 0
    of_flag = described.schema.get("type") == "boolean"
    if not is_purpose and not states_rule(sentence, of_flag=of_flag):
        return ""
    is_name = is_purpose or names_thing(sentence)

    def rules_or_belongs(clause: Clause) -> bool | None:
        text = _EXAMPLES_OF.sub("", clause.text, 1) if is_purpose else clause.text
        is_rule = states_rule(text, of_flag=of_flag, in_name=is_name)
        return None if clause.role in _STAY_ALONG and not is_rule else is_rule

    if is_purpose:
        sentence = purpose(sentence, described)
    return sentence and _with(rules_or_belongs, sentence, keeps_head=described.is_tool)


def _with(wanted: Callable[[Clause], bool | None], sentence: str, *, keeps_head: bool) -> str:
    """The sentence with the wanted clauses and what they need; whole where it demands something."""
    if demands(sentence):
        return sentence
    parts = clauses(sentence)
    stays = [keeps_head or wanted(parts[0]), *map(wanted, parts[1:])]
    return sentence if all(stays) else joined(readable(parts, stays), end_mark(sentence))
