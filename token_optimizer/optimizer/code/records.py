"""The records of data that is written in lines, as CSV, YAML and settings are, with what each is worth.

A record is a line with the deeper lines below it, or a paragraph where paragraphs are short. What names the
columns stays.

Before: "id,name\n7,Ada\n8,Bo\n", "- id: 7\n  name: Ada\n- id: 8\n  name: Bo\n"
After:  the head and two records; two records
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise

from token_optimizer.models import Marker, Passage
from token_optimizer.optimizer.code.cells import MIN_COLUMNS, cells_apart, columns_of, is_in_columns
from token_optimizer.optimizer.code.changes import change_spans
from token_optimizer.optimizer.code.packed import record_spans
from token_optimizer.optimizer.code.passages import line_passages, span_passages, without_number
from token_optimizer.optimizer.code.rows import are_extremes_telling, telling_rows
from token_optimizer.optimizer.embedded.lines import is_source
from token_optimizer.optimizer.relevance.words import stems, stems_of
from token_optimizer.text.cache import remembered
from token_optimizer.text.lines import depth_of

# What a program or a style sheet has, and settings have not.
_STATEMENT = re.compile(
    r"(?!\s*(?:INSERT INTO\b|\(|[\w-]+: +\S))(?:\s*(?:def|class|import|from|function|func|fn|const|let|var"
    r"|return|if|else|elif|for|while|try|catch|switch|case|package|public|private|static|using|namespace|struct|impl|trait"
    r"|end|echo|export)\b"
    r"|[^\n]*[{};]\s*$|\s*[\w.]+\([^\n]*\)\s*$|\s*(?:#include|@\w))"
)
_MAX_STATEMENTS = 0.05
_SAMPLE_CHARS = 20_000
_SAMPLE_LINES = 200
_MIN_ROWS = 10
_ROWS_SHARE = 0.9
_LONGEST_RECORD_LINES = 40
_FEW_SHARE = 0.05
_MIN_RECORDS = 5
# Less deep lines than this share are headings of the records.
_MIN_SHARE = 0.02
# The lines of a tree of files are drawn before their names.
_INDENTS = " \t│├└─"
_DIGIT = re.compile(r"\d")
# A rule may stand below the names.
_COLUMNS = re.compile(r"\s*\|?[^,;|\t\n]+(?:[,;|\t][^,;|\t\n]*){2,}\n?(?P<rule>[\s|:+=-]*)\Z")
# Names over a rule in columns: "id   name", "---  ----".
_RULED_COLUMNS = re.compile(r"[ \t]*\S[^\n]*\n(?:[ \t|+]*[-=]{2,}){2,}[ \t|+]*\n?\Z")
_LONGEST_NAMES = 1_000
# Says what the columns of the rows below are.
_MAX_SCHEMAS = 50
_SCHEMA = re.compile(r"^[ \t]*CREATE TABLE\b[^;]{0,4000};", re.MULTILINE | re.IGNORECASE)
# "-[ RECORD 7 ]---", "*** 7. row ***", and what opens an event, a card, or an entry of a bibliography.
_OPENS = re.compile(
    r"-\[ RECORD \d+ \]|\*{3,} \d+\. row \*{3,}|BEGIN:V(?:EVENT|CARD|TODO|JOURNAL)\b|[ \t]*@[A-Za-z]+\{"
    r"|goroutine \d+ \["
)
# A value as a program shows it: "Order(id=7, ...)".
_SHOWN = re.compile(r"[ \t]*([A-Z]\w{0,60})\(\w{1,60}=")
_BRACKETED = re.compile(r"[ \t]*[\[({][\w\"'\[({-][^\n]*[\])}],?[ \t]*$")
_RULE = re.compile(r"(?:^|\n)[ \t]*(?:---|===)[-= \t]*\s*\Z")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*\Z")
# What a plan takes away, which is not made again by itself.
_TAKES_AWAY = re.compile(r"[ \t]*# \S[^\n]{0,300} (?:will be destroyed|(?:must|will) be replaced)\b")
# Worth more than any floor, however long it is.
_HEAD_VALUE = 100.0
_TELLING_VALUE, _TELLING_CHAR = 3.0, 0.01


def is_data(text: str) -> bool:
    """Whether the lines hold one value or record after another, and no program."""
    if record_spans(text):
        return True
    written = text[:_SAMPLE_CHARS]
    if _is_opened_or_shown(written.split("\n")):
        return True
    lines = [without_number(line, 0, len(line)) for line in written.split("\n")]
    statements = sum(_STATEMENT.match(line) is not None for line in lines)
    return statements <= _MAX_STATEMENTS * len(lines) or not is_source(text)


def _is_opened_or_shown(lines: Sequence[str]) -> bool:
    """Whether lines open records, or nearly each shows a value, of one class where they say which."""
    if sum(_OPENS.match(line) is not None for line in lines) >= _MIN_RECORDS:
        return True
    if sum(_BRACKETED.match(line) is not None for line in lines) >= max(_MIN_ROWS, _ROWS_SHARE * len(lines)):
        return True
    shown = Counter(match[1] for line in lines if (match := _SHOWN.match(line)))
    return bool(shown) and shown.most_common(1)[0][1] >= max(_MIN_RECORDS, _ROWS_SHARE * len(lines))


def is_spaced_table(text: str) -> bool:
    """Whether the lines are rows whose columns spaces, their places or one mark keep apart."""
    lines = [line for line in islice(text.split("\n"), _SAMPLE_LINES) if line.strip()]
    return len(lines) >= _MIN_ROWS and is_in_columns(lines)


def record_passages(text: str, query: str | None = None, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    """The records of the text. What they name is no reason to keep them: each names something of its own."""
    passages = _records(text, markers)
    heads = _heads(text, passages)
    texts, above = _rows_of(text, passages)
    for number in telling_rows(texts, query or "", above):
        passages[number] = _telling(passages[number])
    return [
        _telling(passage)
        if _TAKES_AWAY.match(text, passage.start)
        else replace(passage, value=_HEAD_VALUE)
        if _is_within(passage, heads)
        else passage
        for passage in passages
    ]


def answers(text: str, query: str) -> bool:
    """Whether some of the records answer the query: by a word of it that most do not have, or without."""
    texts, above = _rows_of(text, _records(text))
    if telling_rows(texts, query, above):
        return True
    return any(2 * count <= len(texts) for count in _often(texts, query).values())


def tells_extremes(text: str, query: str) -> bool:
    """Whether the records of the text that have the least or the most tell what the question asks, or those
    few that it names by a word."""
    texts, above = _rows_of(text, _records(text))
    if are_extremes_telling(texts, above, query):
        return True
    of_columns = frozenset(stems_of(" ".join(columns_of(texts, above).names)))
    often = _often(texts, query)
    return any(often[word] <= _FEW_SHARE * len(texts) for word in often.keys() - of_columns)


def _often(texts: Sequence[str], query: str) -> Counter[str]:
    """In how many of the records each word of the query stands that some of them have; what names the columns
    or opens the list is none."""
    asked = frozenset(stems_of(query))
    is_headed = bool(texts) and (texts[0].rstrip().endswith(":") or _names_columns(texts[0]))
    return Counter(stem for found in stems(texts[is_headed:]) for stem in asked.intersection(found))


def _rows_of(text: str, passages: Sequence[Passage]) -> tuple[list[str], str]:
    """The texts of the records, and what stands above the first."""
    texts = [text[passage.start : passage.end] for passage in passages]
    return texts, text[: min(passages[0].start, _LONGEST_NAMES)] if passages else ""


def _records(text: str, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    return _records_in_lines(text, markers) if markers else list(_unmarked_records(text))


@remembered(500, max_chars=2_000_000)
def _unmarked_records(text: str) -> tuple[Passage, ...]:
    """The records of a text without markers, which is asked whether it answers before it is cut."""
    if spans := record_spans(text) or change_spans(text):
        return tuple(replace(passage, facts={}) for passage in span_passages(text, spans))
    return tuple(_records_in_lines(text))


def _records_in_lines(text: str, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    lines = line_passages(text, markers=markers)
    return [_joined(lines[start:end]) for start, end in pairwise(_starts(text, lines))]


def _telling(passage: Passage) -> Passage:
    """The record with a value above the floor, however long it is."""
    return replace(passage, value=_TELLING_VALUE + _TELLING_CHAR * (passage.end - passage.start))


def _heads(text: str, passages: Sequence[Passage]) -> list[tuple[int, int]]:
    """Where it stands what the columns are."""
    heads = [match.span() for match in islice(_SCHEMA.finditer(text), _MAX_SCHEMAS)]
    if passages and _names_columns(text[passages[0].start : passages[0].end]):
        heads.append((passages[0].start, passages[0].end))
    return heads


def _is_within(passage: Passage, spans: Sequence[tuple[int, int]]) -> bool:
    return any(passage.start < end and start < passage.end for start, end in spans)


def _names_columns(line: str) -> bool:
    if _RULED_COLUMNS.match(line) or _names_aligned_columns(line):
        return True
    match = _COLUMNS.match(line)
    return match is not None and (bool(match["rule"]) or _DIGIT.search(line) is None)


def _names_aligned_columns(line: str) -> bool:
    """Whether the line is nothing but names in capitals with more than a space between them: "NAME  UP"."""
    if not line[:_LONGEST_NAMES].isupper() or _DIGIT.search(line) is not None:
        return False
    return len(cells_apart(line[:_LONGEST_NAMES])) >= MIN_COLUMNS


def _joined(lines: Sequence[Passage]) -> Passage:
    return Passage(lines[0].start, lines[-1].end, max(line.value for line in lines))


def _starts(text: str, lines: Sequence[Passage]) -> list[int]:
    """Where records start among the lines, and the end of the last one."""
    every = list(range(len(lines)))
    for starts in (
        _opening(text, lines),
        _after_rules(text, lines),
        _after_blank_lines(text, lines),
        _not_deep(text, lines),
    ):
        found = list(starts)
        if len(found) >= _MIN_RECORDS and _are_short(found, lines):
            return [*found, len(lines)]
    return [*every, len(lines)]


def _are_short(starts: Sequence[int], lines: Sequence[Passage]) -> bool:
    """Whether no record has more lines than one can be, and some have more than one."""
    sizes = [end - start for start, end in pairwise([*starts, len(lines)])]
    # Between two markers anything may be joined to what it does not belong to.
    is_whole = all(one.end == other.start for one, other in pairwise(lines))
    return is_whole and 1 < max(sizes) <= _LONGEST_RECORD_LINES


def _opening(text: str, lines: Sequence[Passage]) -> Iterator[int]:
    """The lines that open a record by what they say."""
    yield 0
    yield from (number for number, line in enumerate(lines) if number and _OPENS.match(text, line.start))


def _after_rules(text: str, lines: Sequence[Passage]) -> Iterator[int]:
    """The lines below a rule that parts documents, as in YAML."""
    yield 0
    for number, line in enumerate(lines[:-1], 1):
        if _RULE.search(text, line.start, line.end):
            yield number


def _after_blank_lines(text: str, lines: Sequence[Passage]) -> Iterator[int]:
    """The first lines of paragraphs; one that is deep belongs to what stands above it."""
    yield 0
    for number, (line, following) in enumerate(pairwise(lines), 1):
        if _BLANK_LINE.search(text, line.start, line.end) and not text[following.start].isspace():
            yield number


def _not_deep(text: str, lines: Sequence[Passage]) -> Iterable[int]:
    """The lines of the least depth that more than a few have, and those that are less deep."""
    depths = [depth_of(text[line.start : line.end], _INDENTS) for line in lines]
    counts = Counter(depths)
    least = max(_MIN_RECORDS, _MIN_SHARE * len(lines))
    base = next((depth for depth in sorted(counts) if counts[depth] >= least), 0)
    return (number for number, depth in enumerate(depths) if depth <= base or number == 0)
