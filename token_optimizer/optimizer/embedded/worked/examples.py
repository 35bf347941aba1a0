"""Finds worked examples in a text, and tells them from what is asked after them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.question.asking import Role, asks, asks_question, role_of_name
from token_optimizer.optimizer.embedded.transcripts import is_field, transcript_span
from token_optimizer.optimizer.embedded.worked.answers import answered_examples
from token_optimizer.optimizer.embedded.worked.last import BLANK, start_behind_last
from token_optimizer.optimizer.embedded.worked.rows import example_rows
from token_optimizer.text.lines import lines_of, matches_at_lines

Found = tuple[int, int, Kind]
Line = tuple[int, int]

_LABEL = re.compile(
    r"[ \t]*(?:[#*_]{1,4} ?)?([^\W\d_][\w ]{0,23}?)(?: ?\d{1,3})?[*_]{0,2} ?(?:[:：]|[.)](?!\S))"
)
_OPEN_ENDED = (":", "：")
_NUMBER = re.compile(r"[ \t]*\d{1,3}[.)][ \t]")
_MAY_OPEN_NUMBER = re.compile(r"\n[ \t]*+\d")
_BULLETS = frozenset("-*+•#>|")
_MIN_EXAMPLES = 3
_EXAMPLE_NAME = (
    r"(?:(?:few[_-]?)?shots?|examples?|samples?|demos?|demonstrations?|instances?)(?:[_-]?\d{1,3})?"
)
_EXAMPLE_START = re.compile(rf"^[ \t]*<{_EXAMPLE_NAME}(?:\s[^<>\n]{{0,200}})?>", re.MULTILINE | re.IGNORECASE)
_EXAMPLE_END = re.compile(rf"</{_EXAMPLE_NAME}>[ \t]*\n?", re.IGNORECASE)
_MAY_OPEN_RULE = re.compile(r"\n[ \t]*+[-=*_~#+esceESCE]")
_EXAMPLE_RULE = re.compile(
    r"[ \t]*(?:([-=*_~#+])(?:[ \t]?\1){2,}|#{1,6}[ \t][^\n]{1,60}"
    r"|(?:example|shot|sample|case)[ \t]*#?\d{1,3}[ \t]*+[:.]?)[ \t]*+\n\s*",
    re.IGNORECASE,
)
_ALIKE_SHARE = 0.8
# Records have one type; what is given to examples differs from one to the next.
_MAX_SAME_SHARE = 0.5
_MIN_FIELDS = 5
_ANNOUNCES_EXAMPLES = re.compile(
    r"(?i)\b(?:examples?|like (?:this|these)|beispielen?|exemples?|ejemplos?|exemplos?|esempi|примеры)\b|例"
)
_HEADING = re.compile(r"^#{1,6}[ \t]+[^\W\d_][^\n]{0,40}$", re.MULTILINE)
_ANNOUNCED_WITHIN_CHARS = 200


def has_examples(text: str) -> bool:
    """Whether the text is a question after worked examples."""
    return bool(examples_in(text))


def announced_examples(text: str) -> Line | None:
    """Where labelled examples stand at the end of a text that does not ask, if it says that they are
    examples. Those that more follows belong to the rule that they stand in."""
    if (tagged := _tagged_examples(text, asked=False)) and _is_near_end(text, tagged[1]):
        return tagged[:2]
    for blocks in (_blank_separated(text), _ruled_off(text)):
        for start, end, _ in _labelled_examples(text, blocks, asked=False):
            before = text[max(0, start - _ANNOUNCED_WITHIN_CHARS) : start]
            if _is_near_end(text, end) and _ANNOUNCES_EXAMPLES.search(before):
                return start, end
    return None


def _is_near_end(text: str, at: int) -> bool:
    return len(text[at:].strip()) <= _ANNOUNCED_WITHIN_CHARS


def shows_examples(text: str) -> bool:
    """Whether several elements of the text are named for examples."""
    return _tagged_examples(text, asked=False) is not None


def announces_examples(text: str) -> bool:
    """Whether the text ends by saying that examples follow."""
    end = text.rstrip()[-_ANNOUNCED_WITHIN_CHARS:]
    return end.endswith(_OPEN_ENDED) and _ANNOUNCES_EXAMPLES.search(end.rpartition("\n")[2]) is not None


def examples_in(text: str) -> list[Found]:
    """Blocks that open with one label and share another line's opening; the last one is what is asked."""
    if tagged := _tagged_examples(text):
        return [tagged]
    if text.count("\n") < _MIN_EXAMPLES:
        return []
    paragraphs = _blank_separated(text)
    for blocks in (paragraphs, _ruled_off(text), _label_separated(text)):
        if found := _labelled_examples(text, blocks):
            return found
    if found := _headed_examples(text):
        return found
    if found := _numbered_examples(text, paragraphs) or _numbered_examples(text, _number_separated(text)):
        return found
    unlabelled = example_rows(text) or answered_examples(text, is_talk=transcript_span(text) is not None)
    return [(*unlabelled, Kind.EXAMPLES)] if unlabelled is not None else []


def _tagged_examples(text: str, *, asked: bool = True) -> Found | None:
    """Elements named for examples, side by side; what is `asked` follows them."""
    ends = [match.end() for match in _EXAMPLE_END.finditer(text)] if "</" in text else []
    if len(ends) < _MIN_EXAMPLES or (asked and not text[ends[-1] :].strip()):
        return None
    start = _EXAMPLE_START.search(text)
    return (start.start(), ends[-1], Kind.EXAMPLES) if start is not None else None


def _headed_examples(text: str) -> list[Found]:
    """Parts below a heading that comes again and again, where the text ends with another that does, and
    nothing below it: "### Problem", "### Solution"."""
    last = text.rstrip().rpartition("\n")[2]
    if not last.startswith("#"):
        return []
    heads = [(match.start(), match.group().rstrip()) for match in _HEADING.finditer(text)]
    counts = Counter(head for _, head in heads)
    first = next((head for _, head in heads if counts[head] > _MIN_EXAMPLES), "")
    starts = [start for start, head in heads if head == first]
    if not starts or first == last or counts[last] < len(starts):
        return []
    return [(starts[0], starts[-1], Kind.EXAMPLES)]


def _numbered_examples(text: str, blocks: list[Line]) -> list[Found]:
    """Numbered blocks with an answer in a line that opens alike; the last one asks, numbered or not."""
    if len(blocks) <= _MIN_EXAMPLES:
        return []
    numbered = [bool(_NUMBER.match(text, *block)) for block in blocks]
    if True not in numbered:
        return []
    first = numbered.index(True)
    answered, asked = blocks[first:-1], text[slice(*blocks[-1])]
    if len(answered) < _MIN_EXAMPLES or not all(numbered[first:-1]) or not asks_question(asked):
        return []
    opened = Counter(mark for start, end in answered for mark in _marks(text[start:end]))
    shared = {mark for mark, count in opened.items() if count >= _ALIKE_SHARE * len(answered)}
    if not shared - _marks(asked):
        return []
    return [(answered[0][0], answered[-1][1], Kind.EXAMPLES)]


def _marks(block: str) -> set[str]:
    """What the lines below the first one open with, where that is a mark: "=>", "Answer:"."""
    words = {line.split(maxsplit=1)[0] for line in block.splitlines()[1:] if line.strip()}
    return {word for word in words if not word[-1].isalnum() and word not in _BULLETS}


def _labelled_examples(text: str, blocks: list[Line], *, asked: bool = True) -> list[Found]:
    if len(blocks) <= _MIN_EXAMPLES:
        return []
    labels = [match.group(1) if (match := _LABEL.match(text, *block)) else "" for block in blocks]
    counts = Counter(label for label in labels if label)
    if not counts:
        return []
    label = counts.most_common(1)[0][0]
    chosen = [index for index, found in enumerate(labels) if found == label]
    answered = range(chosen[0], chosen[-1])
    is_followed = chosen[-1] < len(blocks) - 1
    if len(answered) + is_followed < _MIN_EXAMPLES or len(chosen) - 1 < _ALIKE_SHARE * len(answered):
        return []
    openings = Counter(
        opening for index in answered for opening in _openings(text[slice(*blocks[index])].splitlines()[1:])
    )
    shared = [opening for opening, count in openings.items() if count >= _ALIKE_SHARE * len(answered)]
    # Nothing follows a label at the end of records.
    is_open = _is_open(text, shared)
    if not (is_open or _differ(text[slice(*blocks[index])] for index in answered)):
        return []
    # An input with its output is an example, though either may be the field of a document.
    has_answers = any(role_of_name(opening) is Role.INSTRUCTION for opening in shared)
    # What a program writes has names of one word: "# Query_time: 1.2"; records have many fields.
    is_value = is_field(label) or "_" in label or len(shared) + 1 >= _MIN_FIELDS
    if not is_open and (all(map(is_field, shared)) or (is_value and not has_answers)):
        return []
    # The last one is what is asked, unless something else asks behind it.
    behind = text[blocks[chosen[-1]][1] :]
    is_asked_behind = not asked or asks(behind) or _asks_at_length(behind, label)
    if not is_asked_behind and _is_answered(text[slice(*blocks[chosen[-1]])], shared):
        return []  # a list that is asked about, and no example that is left open
    return [(blocks[chosen[0]][0], blocks[chosen[-1]][is_asked_behind], Kind.EXAMPLES)]


def _asks_at_length(text: str, label: str) -> bool:
    """Whether the text has a question, ends with a label, or with one more that begins like the examples."""
    lines = text.rstrip().split("\n")
    is_open = lines[-1].endswith(_OPEN_ENDED) or asks_question(text)
    return is_open or any((match := _LABEL.match(line)) and match.group(1) == label for line in lines)


def _is_answered(block: str, labels: Sequence[str]) -> bool:
    """Whether the last one has all that the others have, an answer among it."""
    return not block.rstrip().endswith(_OPEN_ENDED) and _openings(block.splitlines()[1:]).issuperset(labels)


def _differ(blocks: Iterable[str]) -> bool:
    """Whether the blocks begin with something of their own behind the label; records of one type do not."""
    first_lines = Counter(block.lstrip().partition("\n")[0].rstrip() for block in blocks)
    line, count = first_lines.most_common(1)[0]
    return line.endswith(_OPEN_ENDED) or count <= _MAX_SAME_SHARE * first_lines.total()


def _is_open(text: str, labels: Sequence[str]) -> bool:
    """Whether the text ends with one of the labels, and nothing behind it: that is what is to be answered."""
    last = text.rstrip().rpartition("\n")[2]
    match = _LABEL.fullmatch(last) if last.endswith(_OPEN_ENDED) else None
    return match is not None and match.group(1) in labels


def _label_separated(text: str) -> list[Line]:
    """What stands between the lines that open with the first label of many, where the text ends with one that
    is open; no transcript ends like that."""
    if not text.rstrip().endswith(_OPEN_ENDED):
        return []
    labels: dict[int, str] = {}
    start = 0
    for line in lines_of(text):
        if match := _LABEL.match(line):
            labels[start] = match.group(1)
        start += len(line)
    counts = Counter(labels.values())
    label = next((name for name in labels.values() if counts[name] > _MIN_EXAMPLES), "")
    starts = [start for start, name in labels.items() if name == label] if label else []
    return list(pairwise([0, *(start for start in starts if start), len(text)])) if starts else []


def _ruled_off(text: str) -> list[Line]:
    """What rules or headings of examples part; a heading or a rule goes with the block before it."""
    found: list[Line] = []
    told: list[str] = []
    start = 0
    for match in matches_at_lines(_EXAMPLE_RULE, _MAY_OPEN_RULE, text):
        if match.start() < start:
            continue
        if part := text[start : match.start()].strip():
            found.append((start, match.end()))
            told.append(part)
        start = match.end()
    return [*found, *_last_apart(text, start, told)] if found else []


def _last_apart(text: str, start: int, told: Iterable[str]) -> list[Line]:
    """The last block, of which what others have not may be what is asked."""
    behind = start_behind_last(text, start, told)
    return [(start, len(text))] if behind is None else [(start, behind), (behind, len(text))]


def _number_separated(text: str) -> list[Line]:
    """What begins with a number at a line, and what follows the last one."""
    starts = [match.start() for match in matches_at_lines(_NUMBER, _MAY_OPEN_NUMBER, text)]
    if len(starts) < _MIN_EXAMPLES:
        return []
    blocks = list(pairwise(starts))
    return [*blocks, *_last_apart(text, starts[-1], [text[slice(*block)] for block in blocks])]


def _openings(lines: list[str]) -> set[str]:
    """How the lines open: a label, or their first two words."""
    return {
        match.group(1) if (match := _LABEL.match(line)) else " ".join(line.split()[:2])
        for line in lines
        if line.strip()
    }


def _blank_separated(text: str) -> list[Line]:
    found, start = [], 0
    for match in BLANK.finditer(text):
        found.append((start, match.end()))
        start = match.end()
    if start < len(text):
        found.append((start, len(text)))
    return found
