"""Finds the directives of a prompt: what whoever gives it demands or forbids, in words that they capitalise.

A directive is whole: the sentence with the keyword, what it opens (a list, a table, a form after a colon),
the line that opens the list it stands in, and the sentences that it depends on ("Otherwise you MUST").
Only the prose of system, developer and user counts, and of that only what they say themselves: what they
quote is somebody else's.

Before: "Answer in Spanish. You MUST return JSON. Thanks!"
After:  the same, and a constraint block "You MUST return JSON."
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from token_optimizer.models import Block, BlockType, Kind
from token_optimizer.text.sentences import sentence_spans, sentences

# The guide's keywords, and those of other languages. Of scripts without capitals the plain words count.
KEYWORDS = (
    "MUST", "ALWAYS", "NEVER", "FORMAT", "JSON", "DEADLINE", "DO NOT", "DON'T", "DON’T", "SHALL",
    "SHALL NOT", "FORBIDDEN", "PROHIBITED", "REQUIRED", "MANDATORY", "IMPORTANT",
    "MUSS", "MÜSSEN", "MUẞ", "NIEMALS", "NIE", "IMMER", "VERBOTEN",
    "DARF NICHT", "DÜRFEN NICHT", "KEINESFALLS", "WICHTIG", "PFLICHT", "DOIT", "DOIVENT",
    "JAMAIS", "TOUJOURS", "INTERDIT", "OBLIGATOIRE", "NE PAS", "DEBE", "DEBEN",
    "NUNCA", "SIEMPRE", "PROHIBIDO", "OBLIGATORIO", "IMPORTANTE", "DEVE", "DEVEM", "SEMPRE",
    "PROIBIDO", "OBRIGATÓRIO", "MAI", "VIETATO", "OBBLIGATORIO", "MOET", "NOOIT", "ALTIJD",
    "VERBODEN", "VERPLICHT", "MÅSTE", "ALDRIG", "ALLTID", "MUSI", "NIGDY", "ZAWSZE", "ZABRONIONE",
    "ASLA", "ZORUNLU", "НИКОГДА", "ВСЕГДА", "ОБЯЗАТЕЛЬНО", "НЕЛЬЗЯ", "ЗАПРЕЩЕНО", "ВАЖНО", "必须",
    "禁止", "严禁", "切勿", "务必", "不得", "必ず", "絶対に", "반드시", "금지", "절대",
)  # fmt: skip
# What has letters of ASCII begins with two capitals, which most texts do not have in a row anywhere.
_CAPITALS = bytes(ord("A") if ord("A") <= code <= ord("Z") else ord(" ") for code in range(256))
_TWO_CAPITALS = b"AA"
_SOURCES = frozenset({BlockType.SYSTEM, BlockType.DEVELOPER, BlockType.USER})
# What cannot be understood without the sentence before.
_DEPENDS = re.compile(
    r"""\W{0,3}(?:otherwise|else|if\ (?:so|not)|in\ (?:that|this|such|which|any\ other)\ cases?|then|instead
    |therefore|however|except|unless|sonst|andernfalls|dann|sinon|autrement|dans\ ce\ cas|de\ lo\ contrario
    |en\ ese\ caso|entonces|caso\ contrário|altrimenti|in\ tal\ caso|anders|иначе|否则|そうでなければ)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+•–]|\(?\d{1,3}[.)]|\(?[a-z][.)]|\[[ xX]?\]|\|)\s*\S|[ \t]{2,}\S")
_LIST_MARK = re.compile(r"^[ \t]*(?:[-*+•–]|\d{1,3}[.)]|#{1,6})[ \t]+")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_QUOTED_LINE = re.compile(r"[ \t]*>")
# A search for the closing mark from every opening one would take the square of the length of the text.
_QUOTES = re.compile(
    r"“[^”\n]{0,1000}”|„[^“”\n]{0,1000}[“”]|«[^»\n]{0,1000}»"
    r"|(?<!\w)\"[^\"\n]*\"(?!\w)|(?<!\w)'[^'\n]*'(?!\w)"
)
# What stands above a mail that is pasted, and in the line that hands over a text to be worked on: all behind
# it is somebody else's.
_MAIL_HEAD = re.compile(
    r"\s{0,9}(?:-{2,}\s{0,3}(?:original|forwarded|begin forwarded|weitergeleitete|ursprüngliche)\b"
    r"|(?:from|von|de|da|van|от|发件人):\s[^@\n]{1,200}@|(?:subject|betreff|objet|asunto|oggetto|тема|主题):\s\S)",
    re.IGNORECASE,
)
_WORKS_ON = re.compile(
    r"\b(?:summari[sz]e|translate|rewrite|proofread|paraphrase|classify|explain|repl(?:y|ies)|respond|answer"
    r"|fasse|übersetze|résume|traduis|resume|traduce)\b",
    re.IGNORECASE,
)
_TEXT_OF_OTHERS = re.compile(
    r"\b(?:e-?mail|mail|message|letter|text|article|post|review|transcript|document|note|paragraph|passage"
    r"|ticket|comment|chat|nachricht|brief|texte|courriel|correo|mensaje)\b",
    re.IGNORECASE,
)
_MAX_TASK_CHARS = 300
# Where a keyword is an everyday word, as in scripts without capitals, articles have it now and then.
_MIN_PLAIN_SHARE = 0.1
_EXCEPTS = re.compile(r"\W{0,3}(?:unless|except|but|however|außer|sauf|salvo|кроме|除非)\b", re.IGNORECASE)
_MAX_LIST_LINES = 60
# The items of a longer list stand for themselves, and a heading in capitals over it says nothing by them.
_MAX_OPENED_CHARS = 800

Span = tuple[int, int]


def extract_constraints(blocks: list[Block], keywords: Sequence[str] = ()) -> Block | None:
    """A block of every directive, each once, in the prompt's order; None without any.

    `keywords` are those of the config, beside our own.
    """
    given = [(block, directives_of(block.content, keywords)) for block in filter(may_give_directives, blocks)]
    sources = [block for block, directives in given if directives]
    found = dict.fromkeys(text for _, directives in given for text in directives)
    if not found:
        return None
    content = "\n".join(found)
    return Block(
        content=content,
        type=BlockType.CONSTRAINT,
        id="constraint-" + hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        must_keep=True,
        priority=1.0,
        timestamp=sources[-1].timestamp,
        metadata={"sources": [block.id for block in sources]},
        note="the prompt's own directives",
    )


def directive_spans_in(block: Block, text: str, keywords: Sequence[str] = ()) -> tuple[Span, ...]:
    """Where directives stand in a text of the block; none where it is not said by whoever may give them."""
    return directive_spans(text, tuple(keywords)) if may_give_directives(block) else ()


def has_directive(text: str) -> bool:
    """Whether the text has one of our own keywords of directives."""
    return _may_have_own_keyword(text) and keyword_pattern().search(text) is not None


def demands(text: str) -> bool:
    """Whether the text demands something: by a keyword in capitals, or, where a script has none, by keywords
    in more of its sentences than articles have them in."""
    found = [match.group() for match in keyword_pattern().finditer(text)] if has_directive(text) else []
    if not found or any(word.lower() != word for word in found):
        return bool(found)
    said = list(sentences(text))
    return sum(map(has_directive, said)) >= _MIN_PLAIN_SHARE * len(said)


def _may_have_own_keyword(text: str) -> bool:
    """Whether one of our own keywords may stand in the text: told in a tenth of the time of a search."""
    return not text.isascii() or _TWO_CAPITALS in text.encode().translate(_CAPITALS)


def directives_of(text: str, keywords: Sequence[str] = ()) -> list[str]:
    """The directives of a text, in order."""
    return [
        _LIST_MARK.sub("", text[start:end].strip("\n")).strip()
        for start, end in directive_spans(text, tuple(keywords))
    ]


@lru_cache(maxsize=1_000)
def directive_spans(text: str, keywords: tuple[str, ...] = ()) -> tuple[Span, ...]:
    """Where the directives stand, in order and without overlap."""
    pattern = keyword_pattern(keywords)
    if not (keywords or _may_have_own_keyword(text)) or not pattern.search(text):
        return ()
    lines = _own_lines(text)
    spans: list[Span] = []
    for number, (start, end) in enumerate(lines):
        if not pattern.search(text, start, end) or (spans and end <= spans[-1][1]):
            continue
        for first, last in _of_line(text, lines, number, pattern):
            if spans and first < spans[-1][1]:
                first, last = spans[-1][0], max(last, spans[-1][1])
                spans.pop()
            spans.append((first, last))
    return tuple(spans)


@lru_cache(maxsize=100)
def keyword_pattern(keywords: tuple[str, ...] = ()) -> re.Pattern[str]:
    """What a directive is known by: our own keywords, and these."""
    known = sorted({*KEYWORDS, *keywords}, key=lambda word: (-len(word), word))
    # Scripts without capitals set no space between words either.
    spaced = "|".join(map(_from_second, (word for word in known if word.lower() != word)))
    others = "|".join(map(_from_second, (word for word in known if word.lower() == word)))
    # It begins with the characters that a keyword may begin with: elsewhere nothing is tried.
    firsts = "".join(sorted({re.escape(word[0]) for word in known}))
    return re.compile(rf"[{firsts}](?:(?<!\w[\s\S])(?:{spaced})(?!\w)|{others})")


def _from_second(keyword: str) -> str:
    """The keyword as a pattern behind its first character."""
    return f"(?<={re.escape(keyword[0])}){re.escape(keyword[1:])}"


def may_give_directives(block: Block) -> bool:
    """Whether the block is prose of the system, the developer or the user."""
    return block.type in _SOURCES and block.kind is Kind.PROSE and not block.tool_result


def hands_over(text: str) -> bool:
    """Whether a part of the text is somebody else's: a mail, or what is to be worked on."""
    return any(map(_hands_over, text.split("\n")))


def _own_lines(text: str) -> list[Span]:
    """The lines that whoever wrote the text says themselves: not quoted, not in a fence, not handed over."""
    lines: list[Span] = []
    start, fenced = 0, False
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        line = text[start:end]
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and not _QUOTED_LINE.match(line):
            lines.append((start, end))
            if _hands_over(line):
                break
        start = end
    return lines


def _hands_over(line: str) -> bool:
    """Whether all that follows is a text of somebody else's."""
    if _MAIL_HEAD.match(line):
        return True
    is_task = len(line) <= _MAX_TASK_CHARS and line.rstrip().endswith(":")
    return is_task and bool(_WORKS_ON.search(line) and _TEXT_OF_OTHERS.search(line))


def _of_line(text: str, lines: Sequence[Span], number: int, pattern: re.Pattern[str]) -> Iterator[Span]:
    start, end = lines[number]
    if _LIST_ITEM.match(text, start, end) and (lead := _lead_of_list(text, lines, number)) is not None:
        last = _end_of_opened(text, end, in_list=True)
        if last - lead <= _MAX_OPENED_CHARS:
            yield lead, last
            return
    sentences = [(start + first, start + last) for first, last in sentence_spans(text[start:end])]
    for place, (first, last) in enumerate(sentences):
        if not _demands(text[first:last], pattern):
            continue
        begin = _begin(text, lines, number, sentences, place)
        if place + 1 < len(sentences) and _EXCEPTS.match(text, *sentences[place + 1]):
            last = sentences[place + 1][1]
        if last == end and text[first:last].rstrip().endswith(":"):
            opened = _end_of_opened(text, end)
            if opened - begin > _MAX_OPENED_CHARS and _is_heading(text[first:last]):
                continue
            last = opened
        yield begin, last


def _demands(sentence: str, pattern: re.Pattern[str]) -> bool:
    """Whether a keyword stands in what the sentence says itself, not in what it quotes."""
    return pattern.search(_QUOTES.sub("", sentence)) is not None


def _is_heading(sentence: str) -> bool:
    """Whether the sentence is all in capitals, so that they emphasise none of its words."""
    return sentence.upper() == sentence


def _begin(text: str, lines: Sequence[Span], number: int, sentences: Sequence[Span], place: int) -> int:
    """Where the sentences begin that the one at this place depends on."""
    while place and _DEPENDS.match(text, *sentences[place]):
        place -= 1
    begin = sentences[place][0]
    if place == 0 and number and _DEPENDS.match(text, *sentences[0]):
        above = text[slice(*lines[number - 1])]
        if above.strip() and lines[number - 1][1] == begin:
            return lines[number - 1][0] + list(sentence_spans(above))[-1][0]
    return begin


def _lead_of_list(text: str, lines: Sequence[Span], number: int) -> int | None:
    """Where the line begins that opens the list with this item; None where none does."""
    for above in range(number - 1, max(-1, number - _MAX_LIST_LINES), -1):
        line = text[slice(*lines[above])]
        if not line.strip() or _LIST_ITEM.match(line):
            continue
        return lines[above][0] if line.rstrip().endswith(":") else None
    return None


def _end_of_opened(text: str, start: int, *, in_list: bool = False) -> int:
    """Where the list, table or form ends that begins at `start`, or goes on there."""
    end = at = start
    fenced = False
    for _ in range(_MAX_LIST_LINES):
        stop = text.find("\n", at) + 1 or len(text)
        if stop == at:
            break
        is_item = _LIST_ITEM.match(text, at, stop) is not None
        if _FENCE.match(text, at, stop):
            fenced = not fenced
            if not fenced:
                return stop
        elif not fenced and not text[at:stop].strip():
            if (end > start or in_list) and not _LIST_ITEM.match(text, stop):
                break
        elif not fenced and in_list and not is_item:
            break
        in_list = in_list or is_item
        end = stop if text[at:stop].strip() else end
        at = stop
    return end
