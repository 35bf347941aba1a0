"""The lines of code with those worth more that stand in a definition which the query names.

Who speaks of a function is about to call it or to change it, and needs all of it.

Before: "Now I change `read_rows`.", and a file with `def read_rows(path):` among others
After:  the lines of `read_rows`, and the comments above it, are worth more than other lines
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from token_optimizer.models import Marker, Passage
from token_optimizer.optimizer.code.passages import without_number
from token_optimizer.text.lines import depth_of

FindPassages = Callable[[str, str | None, tuple[Marker, ...]], list[Passage]]

# A name that is no word: in two cases, with an underscore, or with a number.
_NAME = re.compile(r"(?<!\w)(?=\w*(?:[a-z0-9][A-Z]|[A-Z]{2}[a-z]|\w_\w|[a-z]\d))\w{5,80}(?!\w)")
# A word that is said to be a name: in marks of code, called, "the class Registry", capital within a sentence.
_SAID_NAME = re.compile(
    r"`(\w{2,80})(?:\(\))?`|(?<!\w)(\w{2,80})\(|\b(?:function|method|class|struct|interface)\s(\w{2,80})(?!\w)"
    r"|(?<=[a-z,] )([A-Z]\w{2,80})(?!\w)"
)
_DEFINES = re.compile(
    r"""\s*(?:(?:export|default|public|private|protected|internal|static|async|abstract|final|override|pub
        |pub\(\w+\)|inline|extern|const|unsafe|virtual)\s+){0,5}
    (?:(?:def|class|function\*?|fn|func|fun|struct|enum|interface|trait|impl|type|module|namespace|record|sub
        |const|let|var)\s+(?:\([^()\n]{0,80}\)\s*)?(?P<named>\w+)
      |(?:resource|data)\s+"\w{1,80}"\s+"(?P<declared>\w{1,80})"\s*\{
      |(?:[\w<>\[\],.*&?]+\s+){0,3}[*&]?(?P<called>\w+)\s*\([^;\n]*\)?\s*(?:\{|=>|throws\b[^;\n]*\{|:)\s*$)""",
    re.VERBOSE,
)
_GOES_WITH = re.compile(r"\s*(?:#|//|/?\*|--|;|@|\"\"\"|'''|\[)")
_CLOSES = re.compile(r"\s*(?:[})\]]|end\b|fi\b|done\b|esac\b)")
_OPENS = re.compile(r"\s*[)\]][^\n]{0,200}[{:]\s*$")
# A line behind the first one that has nothing but a number.
_BLANK_LINE = re.compile(r"\n[ \t]*(?:\d{1,6}[→\t:|])?[ \t]*\n")
# A line is read no further; `$` is then that place.
_LONGEST_HEAD = 300
# For each character: a token has about four.
_VALUE = 0.0125


def with_named_definitions(find_passages: FindPassages) -> FindPassages:
    """The passages of code, those within a definition that the query names worth more."""

    def passages(text: str, query: str | None, markers: tuple[Marker, ...]) -> list[Passage]:
        found = find_passages(text, query, markers)
        names = _names_in(query or "")
        named = set(_named(text, found, names)) if names else set()
        return [
            replace(passage, value=passage.value + _VALUE * (passage.end - passage.start))
            if number in named
            else passage
            for number, passage in enumerate(found)
        ]

    return passages


def _names_in(query: str) -> set[str]:
    """What may be the name of a definition."""
    said = {name for match in _SAID_NAME.finditer(query) for name in match.groups() if name}
    return said.union(_NAME.findall(query))


def _named(text: str, passages: Sequence[Passage], names: set[str]) -> Iterator[int]:
    """The numbers of the passages that stand in a definition of one of the names, or right above it."""
    lines = [without_number(text, passage.start, passage.end) for passage in passages]
    for number, name in definitions(lines):
        if name in names:
            yield from range(definition_start(lines, number), definition_end(lines, number))


def definitions(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The number of each line that defines something, and what it defines."""
    for number, line in enumerate(lines):
        match = _DEFINES.match(line, 0, _LONGEST_HEAD)
        if match is not None:
            yield number, match["named"] or match["called"] or match["declared"]


def definition_start(lines: Sequence[str], number: int) -> int:
    """The number of the first line of the comments above the definition, or its own."""
    while number and _GOES_WITH.match(lines[number - 1]) and not _ends_paragraph(lines[number - 1]):
        number -= 1
    return number


def definition_end(lines: Sequence[str], number: int) -> int:
    """The number of the line behind the definition that begins there."""
    depth = depth_of(lines[number])
    for end in range(number + 1, len(lines)):
        # The last line of long parameters stands below the name and before the body.
        if depth_of(lines[end]) <= depth and not _OPENS.match(lines[end]):
            return end + (_CLOSES.match(lines[end]) is not None)
    return len(lines)


def _ends_paragraph(line: str) -> bool:
    return _BLANK_LINE.search(line) is not None
