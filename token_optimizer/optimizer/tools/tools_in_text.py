"""Tools that a system text describes in lines of its own, for models that call none by schema.

A description stands behind its label, and a parameter's behind its name, with what says whether it is
required; of both stays what states a rule, as in a tool's schema. Every name, type and usage stays, and so
does a description that goes on in the next line.

Before: "- line_number (integer) [optional]: the line number to move the window to (default is 1)"
After:  "- line_number (integer) [optional]: (default is 1)"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import descriptions_marker
from token_optimizer.optimizer.relevance.words import stems_of
from token_optimizer.optimizer.tools.descriptions import rules
from token_optimizer.optimizer.tools.redundancy import Described, demands
from token_optimizer.text.sentences import first_sentence

_NAME = r"[`*]{0,3}(?P<name>[A-Za-z_][\w.-]{0,60})[`*]{0,3}"
_NEED = r"(?:required|optional)\b[^()\[\]\n]{0,40}"
# "- path (string) [required]: the", "(1) command (string, required): the", "- path: (required) the".
_PARAMETER = re.compile(
    rf"""[ \t]*(?:[-*•]|\(\d{{1,2}}\)|\d{{1,2}}[.)])?[ \t]*{_NAME}[ \t]*
    (?:\((?P<type>[A-Za-z][\w \[\]<>|.]{{0,30}})\)[ \t]*)?
    (?:
      [(\[](?:(?P<typed>[A-Za-z][\w \[\]<>|.]{{0,30}}),[ \t]*)?(?P<need>{_NEED})[)\]][ \t]*:
      |:[ \t]*(?:(?P<first>[A-Za-z][\w\[\]<>|.]{{0,30}})[ \t]*)?\((?P<also>{_NEED})\)(?:[ \t]*[-–:])?
    )[ \t]+(?=\S)""",
    re.VERBOSE | re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"[ \t]*(?:[-*•][ \t]+)?[*_]{0,3}(?:docstring|description|summary)[*_]{0,3}[ \t]*:[*_]{0,3}[ \t]+(?=\S)",
    re.IGNORECASE,
)
# "## read_file", "open:", "---- BEGIN FUNCTION #1: execute_bash ----"
_HEADING = re.compile(
    rf"[ \t]*(?:\#{{1,6}}[ \t]+|-{{2,}}[^:\n]{{1,40}}:[ \t]*|\d{{1,2}}[.)][ \t]+)?{_NAME}"
    r"(?:\([^()\n]{0,200}\))?[ \t]*(?::|-{2,})?[ \t]*\Z"
)
# What a line opens that goes on from no other.
_BEGINS = re.compile(r"[ \t]*(?:\Z|[-*•#<`|(\[{~]|\d{1,2}[.)][ \t]|[\w ]{1,40}:(?:[ \t]|\Z))")
# When a default holds: "if not provided", "If dir is not provided".
_IF_ABSENT = re.compile(r"\bif (?:\w+ is )?not (?:provided|given|specified|set|supplied)\b", re.IGNORECASE)
_MIN_TOOLS = 2
_MIN_PARAMETERS = 3


@dataclass(frozen=True, slots=True)
class _DescribedLine:
    """A line's description behind its `head`, and what it belongs to. `line` is the line's number."""

    line: int
    head: str
    text: str
    described: Described


def tools_span(text: str) -> tuple[int, int] | None:
    """Where the first of the tools begins that the text describes, and where the last line of them ends."""
    # Most texts describe no parameter.
    said = text.lower()
    if "required" not in said and "optional" not in said:
        return None
    lines = text.splitlines(keepends=True)
    found = _descriptions(lines)
    parameters = [one for one in found if not one.described.is_tool]
    tools = {one.described.names[0] for one in found}
    if len(parameters) < _MIN_PARAMETERS or len(tools) < _MIN_TOOLS or not found[0].described.is_tool:
        return None
    first, last = found[0].line - 1, found[-1].line
    while not lines[first].strip():
        first -= 1  # the tool's name stands before its description
    while last + 1 < len(lines) and lines[last + 1].strip():
        last += 1  # how the last tool is used, or what goes on in another line
    start = sum(map(len, lines[:first]))
    return start, start + sum(map(len, lines[first : last + 1]))


def with_rules_alone(text: str) -> MarkedText:
    """The text with what states a rule of each description, and is not said of the tool already."""
    lines = text.splitlines(keepends=True)
    summary = ""
    for one in _descriptions(lines):
        short = rules(one.text, one.described)
        if one.described.is_tool:
            summary = short
        elif _says(f"{summary} {' '.join(one.described.names)}", short):
            short = ""
        _shorten(lines, one, short)
    return MarkedText("".join(lines))


def with_first_sentences(text: str) -> MarkedText:
    """The text with the first sentence of what it says of each tool, and at its end a marker for those that
    lost another."""
    lines = text.splitlines(keepends=True)
    left_out = sum(
        _shorten(lines, one, first_sentence(one.text))
        for one in _descriptions(lines)
        if one.described.is_tool
    )
    short = "".join(lines)
    if not left_out:
        return MarkedText(short)
    core = short.rstrip("\n")
    return joined([core, "\n", descriptions_marker(left_out, text), short[len(core) :]])


def _shorten(lines: list[str], one: _DescribedLine, short: str) -> bool:
    """Put the shorter description into its line; whether it is shorter."""
    if len(short) >= len(one.text):
        return False
    line = lines[one.line]
    ending = line[len(line.rstrip()) :]
    lines[one.line] = (one.head + short if short else one.head.rstrip(": \t")) + ending
    return True


def _says(summary: str, text: str) -> bool:
    """Whether the summary has the text's content, in other words maybe, and nothing is demanded."""
    summary, text = (_IF_ABSENT.sub("absent", one) for one in (summary, text))
    return not demands(text) and set(stems_of(text)) <= set(stems_of(summary))


def _descriptions(lines: Sequence[str]) -> list[_DescribedLine]:
    """The descriptions that stand in one line each, those of a tool with the names of its parameters."""
    found = list(_described_lines(lines))
    parameters: dict[str, dict[str, object]] = {}
    for one in found:
        if not one.described.is_tool:
            tool, name = one.described.names
            parameters.setdefault(tool, {})[name] = {}
    return [
        _with_properties(one, parameters.get(one.described.names[0], {})) if one.described.is_tool else one
        for one in found
    ]


def _with_properties(one: _DescribedLine, properties: dict[str, object]) -> _DescribedLine:
    described = Described(one.described.names, {"properties": properties}, is_tool=True)
    return _DescribedLine(one.line, one.head, one.text, described)


def _described_lines(lines: Sequence[str]) -> Iterator[_DescribedLine]:
    tool, heading = "", ""
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        summary, parameter = _SUMMARY.match(line), _PARAMETER.match(line)
        is_whole = number + 1 == len(lines) or _BEGINS.match(lines[number + 1].rstrip("\r\n")) is not None
        if summary and heading:
            tool = heading
            if is_whole:
                yield _DescribedLine(
                    number, summary[0], line[summary.end() :].rstrip(), Described((tool,), is_tool=True)
                )
        elif parameter and tool and is_whole:
            yield _DescribedLine(
                number, parameter[0], line[parameter.end() :].rstrip(), _of_parameter(tool, parameter)
            )
        named = _HEADING.match(line.rstrip("\r\n"))
        heading = named["name"] if named else ""


def _of_parameter(tool: str, found: re.Match[str]) -> Described:
    kind = found["type"] or found["typed"] or found["first"]
    need = (found["need"] or found["also"]).lower()
    schema = {"type": kind.lower()} if kind else {}
    return Described((tool, found["name"]), schema, required=need.startswith("required"))
