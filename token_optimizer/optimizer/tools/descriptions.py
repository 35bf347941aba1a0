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
from functools import partial

from token_optimizer.dialects.unmarked_json import as_json
from token_optimizer.optimizer.tools.clauses import (
    Clause,
    clauses,
    end_mark,
    joined,
    readable,
    specification,
)
from token_optimizer.optimizer.tools.english import is_english
from token_optimizer.optimizer.tools.purposes import gist, purpose
from token_optimizer.optimizer.tools.redundancy import (
    Described,
    Known,
    demands,
    explains_choice,
    is_example_of_format,
    words_of,
)
from token_optimizer.optimizer.tools.rule_words import (
    asks_for_something,
    has_verb,
    names_thing,
    states_rule,
)
from token_optimizer.text.cache import TextCache, keyed
from token_optimizer.text.sentences import first_sentence, sentences

_FEW_WORDS = 8
_CLAUSE_END = re.compile(r"[,;:(]\s|\s[(–-]|[.!?]?$")
_STRUCTURED = re.compile(r"(?m)^[^\S\n]*(?:[-*+•#>|]|\d{1,3}[.)]\s)|```|</?\w|:\s*$")
# Examples of what a tool does, or of what a flag is about, are none of what is given.
_EXAMPLES_OF = re.compile(r"(?:such as|including|for example|for instance)\b", re.IGNORECASE)
# A format is a rule, also where the values of an enum give it.
_NAMES_FORMAT = re.compile(r"\bformats?\b", re.IGNORECASE)

# What stays with what it belongs to where it states no rule.
_STAY_ALONG = ("bracket", "narrows")

Describe = Callable[[str, Described], str]
_RULINGS: TextCache[str] = TextCache(20_000, max_chars=4_000_000)


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
    return _ruling(text, described, purpose)


def gist_and_rules(text: str, described: Described) -> str:
    """What states a rule; of a tool also what it does in a phrase, where its name does not say that."""
    return _ruling(text, described, gist)


def first_sentence_of(text: str, described: Described) -> str:
    """The first sentence, whatever the others say."""
    return first_sentence(text)


def first_gist(text: str, described: Described) -> str:
    """The first sentence, of a tool without the details of what it does."""
    sentence = first_sentence(text)
    is_plain = described.is_tool and is_english(text) and not is_structured(text)
    return gist(sentence, described) if is_plain else sentence


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
    "first_gist": first_gist,
    "first_sentence": first_sentence_of,
    "gist": gist_and_rules,
    "rules": rules,
    "concise": concise,
    "full": full,
}
# Modes that keep every rule.
RULE_KEEPING = frozenset({"gist", "rules", "concise", "full"})


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


def _ruling(text: str, described: Described, purpose_of: Describe) -> str:
    """What states a rule, remembered: each step that cuts more asks for it again, to tell what it cuts."""
    whose = (described.names, described.required, described.is_tool, as_json(described.schema))
    key = keyed(hash((text, whose, purpose_of)), len(text))
    ruling = _RULINGS.get(key)
    if ruling is None:
        ruling = _found_ruling(text, described, purpose_of)
        _RULINGS.put(key, ruling)
    return ruling


def _found_ruling(text: str, described: Described, purpose_of: Describe) -> str:
    if is_structured(text) or not is_english(text):
        return text
    told = _telling(list(sentences(text)), text, described)
    ruling = (
        _ruling_of(sentence, described, purpose_of if described.is_tool and at == 0 else None)
        for at, sentence in enumerate(told)
        if sentence
    )
    return " ".join(filter(None, ruling))


def _ruling_of(sentence: str, described: Described, purpose_of: Describe | None) -> str:
    """What of the sentence states a rule, or, where it says what a tool does, what `purpose_of` leaves."""
    is_purpose = purpose_of is not None
    of_flag = described.schema.get("type") == "boolean"
    is_rule = partial(states_rule, of_flag=of_flag, named=described.own_words)
    if not is_purpose and asks_for_something(sentence) and not of_flag:
        return sentence
    if not is_purpose and not is_rule(sentence):
        return sentence if explains_choice(sentence, described.schema) else ""
    is_name = is_purpose or names_thing(sentence)

    def rules_or_belongs(clause: Clause) -> bool | None:
        is_content = is_purpose or (of_flag and not has_verb(clause.text))
        text = _EXAMPLES_OF.sub("", clause.text, 1) if is_content else clause.text
        rules = is_rule(text, in_name=is_name)
        return None if clause.role in _STAY_ALONG and not rules else rules

    if purpose_of is not None:
        sentence = purpose_of(sentence, described)
    return sentence and _with(rules_or_belongs, sentence, keeps_head=described.is_tool)


def _with(wanted: Callable[[Clause], bool | None], sentence: str, *, keeps_head: bool) -> str:
    """The sentence with the wanted clauses and what they need; whole where it demands something."""
    if demands(sentence):
        return sentence
    parts = clauses(sentence)
    stays = [keeps_head or wanted(parts[0]), *map(wanted, parts[1:])]
    if all(stays):
        return sentence
    kept = readable(parts, stays)
    if kept[0] is not parts[0]:
        kept[0] = specification(kept[0])
    return joined(kept, end_mark(sentence))
