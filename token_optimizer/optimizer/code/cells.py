"""The columns of records, whatever form these are written in: by separators, in places of a line, or each
value behind its name.

Before: "id,name\n7,Ada\n8,Bo\n", "- id: 7\n  name: Ada\n- id: 8\n  name: Bo\n", "<id>7</id><name>Ada</name>"
After:  the columns `id` with 7 and 8, and `name` with Ada and Bo
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from token_optimizer.text.tables import separator_of

_MIN_ROWS, _MAX_ROWS = 10, 50_000
_ROWS_SHARE = 0.9
_NAMED_SHARE = 0.8
_MIN_NAMED = 3
_MAX_RECORD_CHARS = 4_000
MIN_COLUMNS = 3
_AROUND = " \t\r\n\"'\\"
_COLUMNS_APART = re.compile(r" {2,}")
_APART = "  "
_DRAWN = "|│"
# Below the head of a table in Markdown, whose rows have a mark at either end, too.
_RULE = re.compile(r"[\s:+=|-]*")
_QUOTED = re.compile(r'"(?:[^"\n]|"")*+"')
_HEAD_CELL = re.compile(r"<th\b[^<>]{0,200}>([^<>]{0,200})</th>")
# "amount 12.50", in all rows.
_LABEL = re.compile(r"(?:[^\W\d_]+[ _-]){0,3}[^\W\d_]{2,20}[ :=]+(?=\S|$)")
_CELL_TAGS = ("td", "th")
_DIGIT = re.compile(r"\d")
# The command that printed a table, and what it says of it, may stand above.
_MAX_HEAD_LINES = 12
_SAMPLED_LINES, _MAX_WIDTH, _BETWEEN_SHARE = 300, 400, 0.02
_PADDED_SHARE = 0.5
_NUMBERS_SHARE = 0.3
_PAIRING, _PAIR = "\t|", 2
_VALUE = r""""(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'"""
_NAMED = re.compile(
    rf"""<(?P<tag>[A-Za-z][\w.:-]{{0,60}})(?:\s[^<>]{{0,200}})?>(?P<inside>[^<>]{{0,400}})</(?P=tag)>
    | ^(?P<listed>[A-Za-z_][\w.%-]{{0,40}})[ ]*+\|[ ](?P<cell>[^|\n]{{0,400}})$
    | (?<![\w.-])["']?(?P<set>[%A-Za-z_][\w.%-]{{0,40}}+)=(?P<packed>{_VALUE}|[^\s,;{{}}()<>\[\]"']++)
    | (?<![\w.-])["']?(?P<key>[%A-Za-z_][\w.%-]{{0,40}}+(?:[ ][\w.-]{{1,20}}+){{0,2}})["'\]]?
      (?:[ \t]*+(?:=>|:)|[ \t]++=)[ \t]*+(?P<value>{_VALUE}|[^\s,;{{}}()<>\[\]"'|][^\n,;{{}}()<>|]*+)""",
    re.VERBOSE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table: `rows` are the numbers of the records that have cells, in order; of each column
    its name, empty where none is known, and a cell for each of the rows, empty where it has none. `others`
    are the numbers of records below the head that have other columns."""

    rows: Sequence[int]
    names: Sequence[str]
    cells: Sequence[Sequence[str]]
    others: Sequence[int] = ()


_NONE = Columns((), (), ())


def columns_of(records: Sequence[str], above: str = "") -> Columns:
    """The columns of the records; none of what is no table. `above` stands before the first of them."""
    if not _MIN_ROWS <= len(records) <= _MAX_ROWS:
        return _NONE
    found = _named_columns(records) or _separated_columns(records) or _NONE
    heads = _HEAD_CELL.findall(above)
    return replace(found, names=heads) if len(heads) == len(found.names) else found


def is_in_columns(lines: Sequence[str]) -> bool:
    """Whether the lines are the rows of a table that spaces, places or one mark keep apart."""
    return bool(_spaced_rows(lines))


def _named_columns(records: Sequence[str]) -> Columns | None:
    """The values that most records have behind the same names."""
    sample = list(islice(records, _MIN_ROWS))
    if sum(len(_named_cells(record)) >= _MIN_NAMED for record in sample) < _NAMED_SHARE * len(sample):
        return None
    cells = list(map(_named_cells, records))
    counts = Counter(name for row in cells for name in row)
    usual = [name for name, count in counts.items() if count >= _NAMED_SHARE * len(cells)]
    if len(usual) < _MIN_NAMED:
        return None
    rows = [number for number, row in enumerate(cells) if row]
    return Columns(rows, list(counts), [[cells[row].get(name, "") for row in rows] for name in counts])


def _named_cells(record: str) -> Mapping[str, str]:
    """The values of the record by their names; of a name that stands twice the first one. Cells of HTML are
    named by their places."""
    found: dict[str, str] = {}
    for match in _NAMED.finditer(record, 0, _MAX_RECORD_CHARS):
        name = match["tag"] or match["listed"] or match["set"] or match["key"]
        value = match["inside"] or match["cell"] or match["packed"] or match["value"] or ""
        found.setdefault(f"{len(found)}" if name in _CELL_TAGS else name, value.strip(_AROUND))
    return found


def _separated_columns(records: Sequence[str]) -> Columns | None:
    """The cells between separators, or in columns that spaces keep apart, as `kubectl get` prints them."""
    # A rule below a row may be one record with it.
    lines = [record.partition("\n")[0] for record in records]
    rows = _rows_of(lines)
    if not rows:
        return None
    width, _ = Counter(map(len, rows)).most_common(1)[0]
    head = _head_of(rows, width)
    told = [
        number
        for number, row in enumerate(rows)
        if len(row) == width and number > head and not all(map(_RULE.fullmatch, row))
    ]
    names = rows[head] if head >= 0 and len(rows[head]) == width else [""] * width
    others = [
        number
        for number, row in enumerate(rows)
        if len(row) != width and number > max(head, 0) and not all(map(_RULE.fullmatch, row))
    ]
    cells = [[rows[number][column] for number in told] for column in range(width)]
    columns = [_without_label(name, of_column) for name, of_column in zip(names, cells, strict=True)]
    return Columns(told, [name for name, _ in columns], [of_column for _, of_column in columns], others)


def _without_label(name: str, cells: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The name of a column and its cells; words before each cell name it where nothing else does."""
    label = _LABEL.match(cells[0]) if cells and not name else None
    if label is None or not all(cell.startswith(label.group()) for cell in cells):
        return name, cells
    return label.group().strip(" :="), [cell[label.end() :] for cell in cells]


def _head_of(rows: Sequence[Sequence[str]], width: int) -> int:
    """The number of the row that names the columns, most of which have no digit; -1 where none does."""
    for number, row in enumerate(rows[:_MAX_HEAD_LINES]):
        if len(row) == width <= 2 * sum(map(bool, row)) and not all(map(_RULE.fullmatch, row)):
            with_digits = sum(_DIGIT.search(cell) is not None for cell in row)
            return number if 2 * with_digits < width else -1
    return 0


def _rows_of(lines: Sequence[str]) -> list[list[str]]:
    """The cells of each line; none of what is no table."""
    if (mark := separator_of(lines, _ROWS_SHARE)) is not None:
        return [_cells(line, mark) for line in lines]
    return _spaced_rows(lines)


def _spaced_rows(lines: Sequence[str]) -> list[list[str]]:
    """The cells of each line that spaces, their places or one mark keep apart; none of what is no table."""
    found = max(_apart_rows(lines), _placed_rows(lines), key=_width)
    return found or _worded_rows(lines) or _paired_rows(lines)


def _width(rows: Sequence[Sequence[str]]) -> int:
    return max(map(len, rows), default=0)


def _apart_rows(lines: Sequence[str]) -> list[list[str]]:
    """The cells of columns that several spaces keep apart."""
    # The command that printed them may stand above.
    if sum(_APART in line.strip() for line in lines[:_MIN_ROWS]) < _MIN_ROWS - 1:
        return []
    rows = list(map(cells_apart, lines))
    width, often = Counter(map(len, rows)).most_common(1)[0]
    return rows if width >= MIN_COLUMNS and often >= _ROWS_SHARE * len(rows) else []


def _worded_rows(lines: Sequence[str]) -> list[list[str]]:
    """The words of lines that all have as many as the head has names, but for more of them in the last
    column; as `ps` and `ls -l` print them."""
    words = list(map(str.split, lines))
    width, often = Counter(map(len, words)).most_common(1)[0]
    least = _ROWS_SHARE * len(words)
    if sum(_DIGIT.search(line) is not None for line in lines) < least:
        return []
    heads = (len(row) for row in words[:_MAX_HEAD_LINES] if "".join(row).isupper())
    names = next((count for count in heads if count >= MIN_COLUMNS), 0)
    if names and sum(len(row) >= names for row in words) >= least:
        return [line.split(None, names - 1) for line in lines]
    # Sentences may have as many words as each other, but not as many numbers.
    numbers = sum(_DIGIT.search(word) is not None for row in words for word in row)
    is_measured = numbers >= _NUMBERS_SHARE * sum(map(len, words))
    return words if is_measured and width >= MIN_COLUMNS and often >= least else []


def _placed_rows(lines: Sequence[str]) -> list[list[str]]:
    """The cells of columns that begin at the same places of all lines: hardly any line has a letter between
    them."""
    step = -(-len(lines) // _SAMPLED_LINES)
    sample = [line.rstrip()[:_MAX_WIDTH] for line in lines[::step]]
    if sum(_APART in line.strip() for line in sample) < _PADDED_SHARE * len(sample):
        return []
    filled = Counter(at for line in sample for at, char in enumerate(line) if not char.isspace())
    most = _BETWEEN_SHARE * len(sample)
    starts = [at for at in range(_MAX_WIDTH) if filled[at] > most >= filled[at - 1]]
    if len(starts) < MIN_COLUMNS:
        return []
    return [[line[at:end].strip() for at, end in pairwise([*starts, len(line)])] for line in lines]


def _paired_rows(lines: Sequence[str]) -> list[list[str]]:
    """What stands before and behind the one mark that nearly all lines have."""
    for mark in _PAIRING:
        rows = [_cells(line, mark) for line in lines]
        if sum(len(row) == _PAIR for row in rows) >= _ROWS_SHARE * len(rows):
            return rows
    return []


def cells_apart(line: str) -> list[str]:
    """The cells of a row whose columns spaces keep apart."""
    return _COLUMNS_APART.split(line.strip())


def _cells(line: str, mark: str) -> list[str]:
    """The cells of a row; a mark within quotes parts none."""
    whole = _QUOTED.sub(lambda quoted: quoted.group().replace(mark, " "), line).strip()
    if mark in _DRAWN and whole.startswith(mark) and whole.endswith(mark):
        whole = whole[1:-1]
    return [cell.strip(_AROUND) for cell in whole.split(mark)]
