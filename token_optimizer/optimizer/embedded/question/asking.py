"""What in a text asks: questions, instructions, and the labels that announce them.

The words are those of some twenty languages. They only help: a short text at the edge of a long one asks,
whatever its language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

from token_optimizer.optimizer.embedded.question.asking_words import (
    DIRECTING,
    FORWARD_POINTERS,
    INSTRUCTION_NAMES,
    LEADING_IN,
    MATERIAL_NAMES,
    OBLIGATIONS,
    PERSONS,
    PLEASE,
    POINTERS,
    QUESTION_NAMES,
    QUESTION_OPENINGS,
    REQUESTS,
    SELF,
    UNMARKED_QUESTIONS,
    UNSPACED_FORWARD_POINTERS,
    UNSPACED_INSTRUCTION_NAMES,
    UNSPACED_MATERIAL_NAMES,
    UNSPACED_PERSONS,
    UNSPACED_QUESTION_NAMES,
    UNSPACED_REQUESTS,
)
from token_optimizer.optimizer.relevance.words import WORD
from token_optimizer.text.cache import remembered
from token_optimizer.text.sentences import is_shorter, sentences


class Role(StrEnum):
    """What a part of a prompt is for, as its label or heading says."""

    QUESTION = "question"
    INSTRUCTION = "instruction"
    MATERIAL = "material"
    NONE = "none"


_NAMES = {
    **dict.fromkeys(MATERIAL_NAMES, Role.MATERIAL),
    **dict.fromkeys(INSTRUCTION_NAMES, Role.INSTRUCTION),
    **dict.fromkeys(QUESTION_NAMES, Role.QUESTION),
}
_UNSPACED_NAMES = {
    Role.QUESTION: UNSPACED_QUESTION_NAMES,
    Role.INSTRUCTION: UNSPACED_INSTRUCTION_NAMES,
    Role.MATERIAL: UNSPACED_MATERIAL_NAMES,
}
_MAX_NAME_WORDS = 5
# "User input", "customer message": what somebody says is no material.
_SPEAKERS = frozenset(("user", "users", "customer", "human", "nutzer", "kunde"))
_SAID = ("input", "message")
_PURPOSES = frozenset(("for", "to", "für", "zur", "zum", "pour", "para", "per"))
_LABEL = re.compile(r"[ \t]*(?:[#>*_•-]{1,6}[ \t]*)?(?P<name>[^\W\d_][^\n:：]{0,48}?)[*_]{0,3}[ \t]*[:：]")
_SAID_NAME = re.compile(
    r"(?i)(?:this|these|here|below)\s(?:is|are)\s(?:the|an?|your|some)\s(?P<name>[^\W\d_]+)"
    r"\s(?:(?:that|which)\s)?(?:you|to|i)\b"
)
# In Greek a semicolon asks. It begins with the characters that it may begin with: elsewhere nothing is tried.
_ASKS = re.compile(
    r"[?;\u037e？؟⁇](?:(?<=[？؟⁇])"
    r"|(?:(?<=\?)|(?<=[\u0370-\u03ff\u1f00-\u1fff][;\u037e]))[\"'”’»)\]*_]{0,4}(?=\s|\Z))"
)
_UNMARKED = re.compile("|".join(UNMARKED_QUESTIONS))
_OPENED = re.compile(
    rf"\s*[\"'“]?(?:[^\n:]{{1,40}}: )?(?:{'|'.join(QUESTION_OPENINGS)})(?: [^\s.!?:;]+){{3,25}}[\"'”]?\s*"
)


# What must stand or not stand before a word, and its first character.
_BEGINNING = re.compile(r"(?:\(\?<[=!][^()]*\))*\w")


def _any_word(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern of any of these words, for a text in small letters. Those that begin alike stand together: of
    most words in a text the first character tells that it is none of them."""
    endings: dict[str, list[str]] = {}
    for word in words:
        begins = _BEGINNING.match(word)
        if begins is None:
            raise ValueError(f"{word!r} begins with no character")
        endings.setdefault(begins.group(), []).append(word[begins.end() :])
    one_of = "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in endings.items())
    return re.compile(rf"\b(?:{one_of})\b")


# Those that are for a text in small letters tell sooner than such as ignore case.
_OPENS_REQUEST = (
    r"[ \t\"'“*_(>-]{0,4}(?:(?:now|then|and|so|next|please|kindly),?\s){0,2}"
    rf"(?:(?:{'|'.join(REQUESTS)})\b|(?:{'|'.join(LEADING_IN)})(?=(?:[ \t]+[^\W\d_]+){{0,8}}[ \t]+"
    rf"(?:{'|'.join((*MATERIAL_NAMES, *INSTRUCTION_NAMES, *QUESTION_NAMES))})\b))"
)
_REQUEST = re.compile(
    rf"(?:^|[.!?:;]\s+|\n){_OPENS_REQUEST}|\b(?:{'|'.join(PLEASE)})\b|{'|'.join(UNSPACED_REQUESTS)}"
)
# The same behind the beginning of a text: each begins with the characters that it may begin with, and
# elsewhere is not tried.
_LATER_REQUEST = re.compile(rf"[.!?:;\n](?:(?<=\n)|(?<!\n)\s+){_OPENS_REQUEST}")
_PLEASE, _UNSPACED_REQUEST = _any_word(PLEASE), re.compile("|".join(UNSPACED_REQUESTS))
_POINTER = _any_word(POINTERS)
# "次の文章を読んで": what is pointed at, or that it is to be read.
_UNSPACED_POINTER = re.compile(
    rf"(?:{'|'.join(UNSPACED_FORWARD_POINTERS)}|根据|根據|上記|以上の)[^。？！\n]{{0,10}}"
    rf"(?:{'|'.join(UNSPACED_MATERIAL_NAMES)}|読|阅读|閱讀|읽)"
)
_BEFORE_POINTER = re.compile(r"\b[^\W\d_]+\s+\Z")
_BEHIND_POINTER = re.compile(r"(?:\s+[^\W\d_]+){0,3}")
_MAX_WORD_CHARS = 80
_FOLLOWS = re.compile(rf"(?i)\b(?:{'|'.join(FORWARD_POINTERS)})\b|{'|'.join(UNSPACED_FORWARD_POINTERS)}")
_PERSONS = _any_word(PERSONS)
_UNSPACED_PERSONS = re.compile("|".join(UNSPACED_PERSONS))
_SELF = _any_word(SELF)
_MIN_TOLD_SENTENCES, _MIN_ASKING_SHARE = 3, 0.5
_ADDRESSES = _any_word((*PERSONS, *OBLIGATIONS))
_DIRECTIVE = _any_word(DIRECTING)
# What speakers have to do themselves, and what contracts say that a party shall do, directs no reader.
_DIRECTS_READER = _any_word(one for one in DIRECTING if one not in (*PERSONS, *OBLIGATIONS))
_OBLIGES_READER = re.compile(r"\b(?:(?<!we )(?<!\bi )(?:must|should|need to|have to)|(?:you|your) shall)\b")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+(?P<name>[^\n]{1,80}?)[ \t#:：]*$")
_CAPITALS = re.compile(r"[ \t]*(?P<name>[^\W\d_][^\n.!?:]{2,48}?)[ \t]*:?[ \t]*$")
_CLOSES = re.compile(r"(?i)\W*/|\W*(?:end|ende|fin|fine|fim|конец|koniec|slut|son|结束|終わり|끝)\b")
_MAX_CAPITAL_WORDS = 6
_MAX_HEADING_CHARS = 100
_BRACKETS = "[({<【〔《"
_MARKS_AROUND = " \t[](){}<>=*_~#+|【】〔〕《》:：-–—/"
_TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,60})(?:\s[^<>\n]{0,200})?>")
_DECORATION = " \t*_#"
# A paragraph that is longer than this is read as material, unless it asks at its end.
MAX_ASKING_CHARS = 600


@lru_cache(maxsize=4_000)
def role_of_name(name: str) -> Role:
    """The role that a label, a heading or a tag gives to what it stands over."""
    words = WORD.findall(_name_said(name).lower().replace("_", " ").replace("-", " "))
    if not words or len(words) > _MAX_NAME_WORDS or _CLOSES.match(name):
        return Role.NONE
    if len(words) > 1 and words[-1] in _SAID and _SPEAKERS.intersection(words):
        return Role.QUESTION
    # "Context for the answer" is context.
    purpose = next((at for at, word in enumerate(words) if word in _PURPOSES), 0)
    if purpose and (role := _role_of_words(words[:purpose])) is not Role.NONE:
        return role
    return _role_of_words(words, name)


def _name_said(name: str) -> str:
    """The name in a label that is a sentence: "This is the context you're working with"."""
    said = _SAID_NAME.match(name)
    return said["name"] if said else name


def _role_of_words(words: Sequence[str], name: str = "") -> Role:
    for role in (Role.QUESTION, Role.INSTRUCTION, Role.MATERIAL):
        if any(_NAMES.get(word) is role for word in words):
            return role
    for role, names in _UNSPACED_NAMES.items() if not name.isascii() else ():
        if any(part in word for part in names for word in words):
            return role
    return Role.NONE


def closes(name: str) -> bool:
    """Whether the words of a heading close what was opened before: "END OF TEXT", "/context"."""
    return _CLOSES.match(name) is not None


def label_of(line: str) -> tuple[Role, int]:
    """The role and the length of the label that opens the line; no role where no known label does."""
    match = _LABEL.match(line)
    # In "search(query: str)" the colon belongs to a parameter.
    is_label = match is not None and match["name"].count("(") == match["name"].count(")")
    return (role_of_name(match["name"]), match.end()) if match and is_label else (Role.NONE, 0)


def label_role(line: str) -> Role:
    """The role of the label that opens the line; none where no known label does."""
    return label_of(line)[0]


def heading_name(line: str) -> str | None:
    """The words of a line that is a heading: marked as such, between decoration, or in capitals."""
    match = _HEADING.match(line)
    if match:
        return match.group("name")
    if len(line) > _MAX_HEADING_CHARS:
        return None
    name = _between_decoration(line)
    if name is not None:
        return name
    match = _CAPITALS.match(line)
    if match and match.group("name").isupper() and len(match.group("name").split()) <= _MAX_CAPITAL_WORDS:
        return match.group("name")
    return None


def _between_decoration(line: str) -> str | None:
    """The words between brackets, dashes and the like: "[CONTEXT]", "--- Notes ---", "**Task**:"."""
    bare = line.strip()
    if _TAG.fullmatch(bare):
        return None
    name = bare.strip(_MARKS_AROUND)
    is_opened = bare[:1] in _BRACKETS or bare[:1] == bare[1:2]
    is_closed = bare[-1:] in _MARKS_AROUND and bare[-1:] != "/"
    if not (name and is_opened and is_closed and bare[0] in _MARKS_AROUND and name[0].isalpha()):
        return None
    closing = "/" if bare.lstrip(_MARKS_AROUND.replace("/", "")).startswith("/") else ""
    return closing + name if not any(mark in name for mark in ".!?") else None


def asks_question(text: str) -> bool:
    """Whether a sentence of the text ends with a question mark."""
    return _ASKS.search(text) is not None


def asks_unmarked(text: str) -> bool:
    """Whether the text has a word that asks, of a language in which a question mark is often left out, or a
    line of it opens with one, in small letters to its end."""
    if any(map(opens_question, text.splitlines())):
        return True
    return not text.isascii() and _UNMARKED.search(text.lower()) is not None


def opens_question(line: str) -> bool:
    """Whether the line is a question by its first word, which is in small letters, and has no mark at its
    end."""
    return _OPENED.fullmatch(line) is not None


# The paragraphs at the edges of a text are asked several times.
@remembered(8_192)
def asks(text: str) -> bool:
    """Whether the text asks or instructs, or speaks of the material that it comes with."""
    if not is_shorter(text, MAX_ASKING_CHARS + 1):
        return False
    if asks_question(text) or opens_question(text) or label_role(text) in (Role.QUESTION, Role.INSTRUCTION):
        return True
    return _requests(text.lower()) or mentions_material(text)


def asks_mostly(text: str) -> bool:
    """Whether a paragraph that asks by its words is more than a told one with such words in it: it is short,
    has a question, speaks of the material or of the writer himself, or asks with most of its sentences."""
    said = list(sentences(text))
    if len(said) < _MIN_TOLD_SENTENCES or asks_question(text) or mentions_material(text):
        return True
    asking = sum(_requests(sentence.lower()) for sentence in said)
    return asking >= _MIN_ASKING_SHARE * len(said) or speaks_of_self(text)


def speaks_of_self(text: str) -> bool:
    """Whether the writer speaks of himself, and of nobody beside him."""
    return _SELF.search(text.lower()) is not None


@remembered(8_192)
def mentions_material(text: str) -> bool:
    """Whether the text speaks of the material that stands beside it."""
    lower = text.lower()
    if any(_points_at_material(lower, *match.span()) for match in _POINTER.finditer(lower)):
        return True
    return not text.isascii() and _UNSPACED_POINTER.search(text) is not None


def announces_what_follows(text: str) -> bool:
    """Whether the text speaks of something that stands behind it."""
    return _FOLLOWS.search(text) is not None


def _points_at_material(text: str, start: int, end: int) -> bool:
    """Whether one of the words beside a pointer in a text in small letters is a name of material."""
    before = _BEFORE_POINTER.search(text, max(0, start - _MAX_WORD_CHARS), start)
    behind = _BEHIND_POINTER.match(text, end)
    words = WORD.findall(f"{before.group() if before else ''} {behind.group() if behind else ''}")
    return any(_NAMES.get(word) is Role.MATERIAL for word in words)


def addresses(text: str) -> bool:
    """Whether the short text speaks to somebody or of the one who writes."""
    return is_shorter(text, MAX_ASKING_CHARS + 1) and _ADDRESSES.search(text.lower()) is not None


def directive_share(text: str) -> float:
    """The share of the sentences that tell the reader what to do."""
    return _share(text, lambda said: bool(_DIRECTIVE.search(said) or _REQUEST.match(said)))


def reader_directive_share(text: str) -> float:
    """The share of the sentences that tell the reader what to do, and nobody else."""
    return _share(
        text,
        lambda said: bool(
            _DIRECTS_READER.search(said) or _OBLIGES_READER.search(said) or _REQUEST.match(said)
        ),
    )


def speaks_of_persons(text: str) -> bool:
    """Whether the text speaks to somebody, or of the one who writes."""
    return _PERSONS.search(text.lower()) is not None


def personal_share(text: str) -> float:
    """The share of the sentences that address somebody, or in which the writer speaks of himself."""
    return _share(text, lambda said: bool(_ADDRESSES.search(said) or _UNSPACED_PERSONS.search(said)))


def question_of(text: str) -> str:
    """What is asked in a text that asks and instructs: what a label calls the question; else its questions,
    and what it says besides instructions; without a question all but what only introduces the material."""
    labelled = _labelled(text.splitlines())
    if labelled:
        return labelled
    said = [one for one in sentences(text) if any(map(str.isalnum, one)) and not _TAG.fullmatch(one)]
    strip = _unless_instruction if any(map(asks_question, said)) else _unless_introduction
    return "\n".join(filter(None, map(strip, said))) or text


def _labelled(lines: list[str]) -> str:
    """The paragraphs that a label calls a question, without the label."""
    found: list[str] = []
    inside = below_heading = False
    for line in lines:
        line = _TAG.sub(_as_label, line)
        name = heading_name(line)
        role, length = (role_of_name(name), len(line)) if name is not None else label_of(line)
        if role is not Role.NONE or name is not None:
            inside, below_heading = role is Role.QUESTION, name is not None
            line = line[length:]
        elif not line.strip() and found and not below_heading:
            inside = False
        if inside and any(map(str.isalnum, line)):
            found.append(line.strip(_DECORATION))
    return "\n".join(found)


def _as_label(match: re.Match[str]) -> str:
    """An opening tag as the label that it stands for; nothing for a closing one."""
    return "" if match.group(1) else f"{match.group(2)}: "


def _unless_instruction(sentence: str) -> str:
    """The sentence where it asks, or neither instructs nor speaks of the material."""
    if asks_question(sentence):
        return sentence
    if label_role(sentence) is not Role.NONE or mentions_material(sentence) or _instructs(sentence):
        return ""
    return _unless_introduction(sentence)


def _unless_introduction(sentence: str) -> str:
    """The sentence; of one with a colon what stands behind it, which is nothing where it introduces."""
    role, length = label_of(sentence)
    if role is Role.MATERIAL or heading_name(sentence) is not None:
        return ""
    if role is not Role.NONE:
        return sentence[length:].strip()
    instruction, colon, rest = sentence.partition(":")
    is_led_in = colon and (not rest.strip() or mentions_material(instruction) or _instructs(instruction))
    return rest.strip() if is_led_in else sentence


def _instructs(sentence: str) -> bool:
    return _REQUEST.match(sentence.lower()) is not None


def _requests(text: str) -> bool:
    """Whether a sentence of a text in small letters asks for something, or hands something over."""
    if _REQUEST.match(text) or _LATER_REQUEST.search(text) or _PLEASE.search(text):
        return True
    return not text.isascii() and _UNSPACED_REQUEST.search(text) is not None


def _share(text: str, counts: Callable[[str], bool]) -> float:
    """The share of the sentences that count, each given in small letters."""
    found = [sentence.lower() for sentence in sentences(text)]
    return sum(map(counts, found)) / len(found) if found else 0.0
