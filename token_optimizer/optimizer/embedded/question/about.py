"""Tells a long text that a question asks about from one that says what its writer wants done.

Before: "I think we should ask the board first. {...} Nadia signs it on 14 March. {...}" and "Who signs it?"
After:  asked about: the question's words stand at few places of the text
Before: "Please add page 1. Please add page 2. {...}" and "Can you do that?"
After:  a task, which is no material
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from token_optimizer.optimizer.embedded.question.asking import (
    asks,
    asks_question,
    asks_unmarked,
    reader_directive_share,
    speaks_of_persons,
)
from token_optimizer.optimizer.embedded.question.sections import DIRECTIVE_SHARE, Span, paragraphs
from token_optimizer.optimizer.prose.directives import demands
from token_optimizer.optimizer.relevance.words import stems, stems_of
from token_optimizer.text.sentences import sentences

# A word that more of the sentences have says nothing about which of them is asked for.
_MAX_SHARE = 0.1
_MIN_FOUND = 0.5
# So many paragraphs that open alike are records of one kind.
_MIN_ALIKE = 4
_MAX_ASKING = 0.5
# The form of a question with its answer below it.
ANSWERED = "?"
# "Can you tell me" says nothing of whom the question is about.
_LEAD = re.compile(
    r"(?i)\W{0,4}(?:please,? )?(?:(?:can|could|would|will) you (?:please )?)?"
    r"(?:tell|give|show|find) (?:me|us)\b"
)
# The same in other languages, where the words of a question may follow or not.
_LEADS = (
    r"(?:bitte )?(?:nenne?|sage?|erkläre?|gib|zeige?)\b(?: mir| uns)?",
    r"(?:merci de |peux-tu |pouvez-vous |veuillez |s['’]il (?:te|vous) plaît,? )?"
    r"(?:(?:me|nous) (?:dire|donner|indiquer)|(?:dis|dites|donne|donnez|indique|indiquez)-(?:moi|nous))\b",
    r"(?:por favor,? )?(?:dime|dinos|dígame|díganos|indíqueme|diga-me|diga-nos|me diga)\b",
    r"(?:per favore,? )?(?:dimmi|dicci|mi dica|indicami)\b",
    r"(?:пожалуйста,? )?(?:скажи|скажите|назови|назовите)\b",
)
_UNSPACED_LEADS = (
    "教えて",
    "答えて",
    "述べて",
    "告诉我",
    "告訴我",
    "请告诉",
    "请问",
    "請問",
    "请说明",
    "알려",
    "말해",
)
_LEADS_BEFORE = re.compile(rf"(?i)\W{{0,4}}(?:{'|'.join(_LEADS)})")
_UNSPACED_LEAD = re.compile(f"(?:{'|'.join(_UNSPACED_LEADS)})(?:ください|下さい)?")
# Who posts or writes is told above what he says, with the time.
_MAX_HEAD_CHARS = 160
_MAY_TELL_TIME = re.compile(r"\d|[aA][gG][oO]\b|[iIİı][lL] ")
_POST_HEAD = re.compile(
    r"""(?imx)^(?=[^\n]{6,160}$)
    (?=[^\n]*(?:\d{4}-\d\d-\d\d|\d{1,2}:\d\d|\bago\b|\bvor\ \d|\bil\ y\ a\b|\bhace\ \d
      |\d{1,2}\.?\ (?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)\w*\.?\ \d{4}))
    [>\ ]*+[\w#*@][^\n]*?
    (?:\b(?:wrote|posted|said|replied|schrieb|escribió|escreveu|scritto)\b|\ba\ écrit\b|\ [·•»|—]\ )
    """
)
_MIN_POSTS, _MAX_POST_CHARS = 4, 3_000
# Names of columns over a rule.
# Nothing is given back: of a long line without an end each character would be tried as the last one.
_RULED_ROWS = re.compile(r"(?m)^[^\S\n]*+\S[^\n]*+\n[ \t|+]*-{2,}(?:[ \t|+]+-{2,})+[ \t|+]*$")
# As `git log` begins each commit, `git log --graph` too.
_COMMIT = re.compile(r"^[*|\\/ ]{0,20}commit [0-9a-f]{7,64}\b", re.MULTILINE)
_MIN_COMMITS, _SAMPLE_CHARS = 3, 20_000
# What asks without a question mark.
_ASKS = re.compile(
    rf"{_LEAD.pattern}|\W{{0,4}}(?:[^\W\d_]{{2,5}} )?"
    r"(?:who|whom|whose|what|when|where|which|why|how|wer|wen|wem|was|wann|wo|warum|wie"
    r"|welche[mnrs]?|qui|quand|où|pourquoi|comment|combien|quién|qué|cuándo|dónde|cómo|cuánt[oa]s?|chi|quando"
    r"|dove|come|quem|onde|кто|что|когда|где|почему|как|сколько)\b"
)
# Clauses and records are numbered as nobody numbers his own demands: "10.4 ", "§ 7", "Section 3", "T-12".
_NUMBERED = re.compile(r"[ \t]*+[#>*_]{0,6}+[ \t]*+(?:\d{1,3}\.\d{1,3}\b|§|[A-Z][A-Za-z]{0,15}[ -]\d{1,6}\b)")
_STEP = re.compile(r"(?i)[ \t#>*_]*+(?:step|task|rule|page|point|item|requirement)\b")
_MIN_NUMBERED, _NUMBERED_SHARE = 10, 0.6
_QUESTION_MARKS = ("?", "？", "؟")
_MIN_ANSWERED, _ANSWERED_SHARE, _LISTED_SHARE = 6, 0.8, 0.15
# The head of a record, and what of it differs from that of the next one: names, paths, numbers.
_BRACKETED = re.compile(r"[\[({<【〔《「]")
# What was said when, and by whom: "a a 9:9". Subtitles have nothing but their number above the time.
_TIMED = re.compile(r"[^\n]*\b9:9|9\Z")
_VALUES = re.compile(r"[\w.:/'’-]+(?: +[\w.:/'’-]+)*")
_IS_OPTION = re.compile(r"[-*•]? ?[(\[]?[A-Ha-h][.):\]][ \t]")
_LETTERS, _NUMBER, _SPACE = re.compile(r"[^\W\d_]+"), re.compile(r"\d+"), re.compile(r"\s+")


def questions_about(asking: str, told: str) -> list[str]:
    """The questions that ask for what stands at few places of the text."""
    wanted = {one: set(stems_of(_without_lead(one))) for one in sentences(asking) if _is_asked(one)}
    by_sentence = stems(list(sentences(told))) if wanted else []
    every = set[str]().union(*wanted.values())
    counts = Counter(stem for found in by_sentence for stem in every.intersection(found))
    most = max(1.0, _MAX_SHARE * len(by_sentence))
    rare = {stem for stem, count in counts.items() if count <= most}
    telling = {one: words - (counts.keys() - rare) for one, words in wanted.items()}
    return [one for one, words in telling.items() if len(words & rare) >= max(1, _MIN_FOUND * len(words))]


def asks_for_something(asking: str) -> bool:
    """Whether a sentence asks, with or without a question mark."""
    return any(map(_is_asked, sentences(asking)))


def _is_asked(sentence: str) -> bool:
    if asks_question(sentence) or _ASKS.match(sentence) is not None:
        return True
    return asks_unmarked(sentence) or bool(_LEADS_BEFORE.match(sentence) or _UNSPACED_LEAD.search(sentence))


def _without_lead(sentence: str) -> str:
    """The sentence without what only says that it asks: "please tell me", "dis-moi", "教えて"."""
    bare = _LEADS_BEFORE.sub("", _LEAD.sub("", sentence), count=1)
    return bare if bare.isascii() else _UNSPACED_LEAD.sub("", bare)


def is_others(questions: Sequence[str], told: str) -> bool:
    """Whether the text that the questions are about is nothing that the user demands or tells of himself."""
    if any(speaks_of_persons(_without_lead(one)) for one in questions) or demands(told):
        return False
    return reader_directive_share(told) < DIRECTIVE_SHARE


def is_numbered_through(told: str) -> bool:
    """Whether most paragraphs are clauses or records with a number each."""
    units = [told[slice(*span)] for span in paragraphs(told, 0, len(told))]
    if len(units) < _MIN_NUMBERED:
        units = [line for line in told.split("\n") if line.strip()]
    numbered = sum(_NUMBERED.match(unit) is not None and _STEP.match(unit) is None for unit in units)
    return numbered >= max(_MIN_NUMBERED, _NUMBERED_SHARE * len(units))


def is_thread(told: str) -> bool:
    """Whether several people write, each below his name and a time, as in forums and in quoted mail."""
    heads = sum(1 for _ in _POST_HEAD.finditer(told))
    return heads >= max(_MIN_POSTS, len(told) / _MAX_POST_CHARS)


def is_thread_head(unit: str) -> bool:
    """Whether the paragraph begins with who writes, and when."""
    line = unit.lstrip("\n").partition("\n")[0]
    if len(line) > _MAX_HEAD_CHARS or not _MAY_TELL_TIME.search(line):
        return False
    return _POST_HEAD.match(line) is not None


def is_printed_table(told: str) -> bool:
    """Whether a table begins the text whose columns stand below a rule."""
    head = _RULED_ROWS.search(told, 0, _MAX_POST_CHARS)
    return head is not None and told.count("\n", head.end()) >= _MIN_NUMBERED


def is_commit_history(text: str) -> bool:
    """Whether the text lists commits, each with who made it, when, and why."""
    return len(_COMMIT.findall(text[:_SAMPLE_CHARS])) >= _MIN_COMMITS


def is_questions_with_answers(told: str) -> bool:
    """Whether the text is a list of questions, each with its answer below it."""
    lines = [line.rstrip(" \t\r*_") for line in told.split("\n")]
    asked = [line.endswith(_QUESTION_MARKS) for line in lines if line]
    answered = sum(is_asked and not goes_on for is_asked, goes_on in pairwise(asked))
    return answered >= max(_MIN_ANSWERED, _ANSWERED_SHARE * sum(asked), _LISTED_SHARE * len(asked))


class OpeningForms:
    """How many of the paragraphs of a text open in each form; counted where it is asked, as it seldom is."""

    def __init__(self, text: str, told: Sequence[Span]) -> None:
        self._text = text
        self._told = told
        self._forms: dict[Span, str] = {}

    def form(self, unit: Span) -> str:
        """The form in which a paragraph opens; none is looked for where there are too few to be many."""
        if len(self._told) < _MIN_ALIKE:
            return ""
        form = self._forms.get(unit)
        if form is None:
            form = self._forms[unit] = opening_form(self._text, unit)
        return form

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(map(self.form, self._told))

    def are_many(self, form: str) -> bool:
        """Whether what opens so is one of many."""
        return self.counts[form] >= _MIN_ALIKE

    def ask_nothing(self, form: str) -> bool:
        """Whether what opens so is one of many that ask nothing: questions with their answers, or records
        below a head with brackets or a time, of which some may say what reads like a request."""
        is_answered = form == ANSWERED
        is_headed = _BRACKETED.match(form) or _TIMED.match(form)
        if not (is_answered or is_headed) or not self.are_many(form):
            return False
        if is_answered:
            return True
        told = [self._text[slice(*unit)] for unit in self._told if self.form(unit) == form]
        return sum(map(asks, told)) <= _MAX_ASKING * len(told)


def _line_below(text: str, at: int) -> str:
    """The line that begins there; nothing where it is empty, or an option to choose."""
    line = text[at : text.find("\n", at) + 1 or len(text)].strip()
    return "" if _IS_OPTION.match(line) else line


def opening_form(text: str, unit: Span) -> str:
    """The first line of a paragraph with a letter for each word and each number: records, turns and headings
    have the same, and so have questions with an answer below. What is nothing but words is as it stands, and
    in a head with brackets each value is one letter, whatever it is."""
    line, _, below = text[slice(*unit)].strip().partition("\n")
    is_line = text[slice(*unit)].endswith("\n") and not text[slice(*unit)].endswith("\n\n")
    if not below and is_line and line.endswith(_QUESTION_MARKS):
        # Its answer may stand on the next line.
        below = _line_below(text, unit[1])
    if below and line.rstrip(" \t\r*_").endswith(_QUESTION_MARKS) and not asks_question(below):
        return ANSWERED
    if _BRACKETED.match(line):
        return _VALUES.sub("a", line)
    form = _SPACE.sub(" ", _NUMBER.sub("9", _LETTERS.sub("a", line))).strip()
    return line if set(form) <= {"a", " "} else form
