"""Tells which tool results are the text of a file that the model may go on to edit.

An edit names the text that it replaces to the byte, so what was read of a file must stand as it is. A request
whose tools can edit files (an editor, a patch, a shell) has such results; so has one whose question asks for
a text as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from token_optimizer.dialects.bodies import carries_tool_results, conversation_key, messages_of
from token_optimizer.dialects.text_parts import as_list
from token_optimizer.models import Dialect, Path
from token_optimizer.optimizer.embedded.question.caseless import CaselessPattern
from token_optimizer.text.cache import remembered

_EDIT_TYPES = ("text_editor_", "apply_patch", "local_shell", "shell", "bash_")
# Parameters that only an edit has.
_EDIT_FIELDS = frozenset((
    "old_string", "old_str", "old_text", "oldtext", "search_block", "patch", "diff", "file_text",
    "insert_line", "edits", "new_str", "new_string", "new_source", "code_edit", "replacement",
))  # fmt: skip
_CONTENT_FIELDS = frozenset({"content", "contents", "text", "code", "data", "body"})
_PATH_FIELDS = frozenset((
    "path", "file_path", "filepath", "file", "filename", "file_name", "target_file", "absolute_path",
    "relative_path", "notebook_path", "paths", "files", "uri",
))  # fmt: skip
_COMMAND_FIELDS = ("command", "cmd", "script", "action", "input", "code")
_SHELL_NAME = re.compile(
    r"(?:^|[_\-.])(?:bash|sh|shell|terminal|exec\w*|run_?command|cmd|powershell)(?:$|[_\-.])", re.IGNORECASE
)
_READ_NAME = re.compile(r"read|view|open|cat|show|get|fetch|load|scroll|goto", re.IGNORECASE)
_WORDS_OF_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Commands whose output is the text of a file, at the start of a command line or behind `&&`, `;` or `|`.
_READ_COMMAND = re.compile(
    r"(?:^|&&|;|\n)[ \t]*(?:sudo\s+)?"
    r"(?:cat|head|tail|sed\s+-n|nl|less|more|bat|type|Get-Content|gc|open|scroll_\w+|goto)\b"
)
_EXACT = CaselessPattern(
    r"""\b(?:verbatim|literally|exactly\ as|old_str(?:ing)?|as\ (?:it|they)\ stands?
    |(?:byte|word)[- ]for[- ](?:byte|word)|(?:character|letter)[- ]by[- ](?:character|letter)
    |match(?:es)?\ [^.?!]{0,40}exactly|exact\ (?:text|line|string|copy|content|whitespace|indentation)
    |(?:trailing|leading)\ (?:white)?space|indentation
    |wörtlich|buchstabengetreu|mot\ (?:à|pour)\ mot|textuellement|textualmente|literalmente
    |palabra\ por\ palabra|дословно)
    |原文|逐字|一字一句""",
)


class Call(NamedTuple):
    """A tool call of the conversation: its id, the tool's name and its arguments."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@remembered(4_096)
def asks_for_exact_text(question: str) -> bool:
    """Whether the question asks for a text as it stands, to the character."""
    return _EXACT.is_in(question)


def exact_results(
    tools: Sequence[Any], calls: Sequence[Call], *, is_edited: bool | None = None
) -> frozenset[str]:
    """The ids of the calls whose results are text of a file, where a tool or one of the calls edits files;
    `is_edited` where that is known of the calls."""
    is_edited = edits_files(calls) if is_edited is None else is_edited
    if not is_edited and not any(map(_tool_edits, tools)):
        return frozenset()
    return frozenset(call.id for call in calls if call.id and _reads_file(call))


def edits_by_line_number(body: Mapping[str, Any]) -> bool:
    """Whether a tool of the request edits files by the numbers of their lines."""
    return any(map(_edits_by_line_number, as_list(body.get("tools"))))


def edits_files(calls: Sequence[Call]) -> bool:
    """Whether one of the calls edits files."""
    return any(map(_call_edits, calls))


def exact_paths(
    body: Mapping[str, Any], dialect: Dialect, first_message: int = 0, *, is_edited: bool = False
) -> tuple[frozenset[Path], bool]:
    """Where results stand in the body that are text of files, from this message on, and whether a tool or a
    call edits files; of the tools, and of earlier calls, it is known that one does where `is_edited`."""
    messages = messages_of(body, dialect)
    calls = list(calls_of(messages[_first_call(messages, first_message) :]))
    tools = () if first_message else as_list(body.get("tools"))
    is_edited = is_edited or edits_files(calls) or any(map(_tool_edits, tools))
    ids = exact_results((), calls, is_edited=is_edited)
    if not ids:
        return frozenset(), is_edited
    key = conversation_key(dialect)
    found = frozenset(
        path
        for number in range(first_message, len(messages))
        for path in result_paths((key, number), messages[number], ids)
    )
    return found, is_edited


def is_within(path: Path, holders: frozenset[Path]) -> bool:
    """Whether the text at the path is a part of one of these results."""
    return path[:2] in holders or path[:4] in holders


def _first_call(messages: Sequence[Mapping[str, Any]], first: int) -> int:
    """The message with the calls that the first results answer: several results may follow it."""
    while 0 < first < len(messages) and _is_result(messages[first]):
        first -= 1
    return max(0, first - 1)


def _is_result(message: Mapping[str, Any]) -> bool:
    return "tool_call_id" in message or "output" in message or carries_tool_results(message)


def result_paths(path: Path, message: Mapping[str, Any], ids: frozenset[str]) -> Iterator[Path]:
    """Where the results of these calls stand in a message, whose own path is given."""
    answered = message.get("tool_call_id", message.get("call_id") if "output" in message else None)
    if _text(answered) in ids:
        yield path
    for place, part in enumerate(as_list(message.get("content"))):
        if isinstance(part, Mapping) and _text(part.get("tool_use_id")) in ids:
            yield (*path, "content", place)


def calls_of(messages: Sequence[Any]) -> Iterator[Call]:
    """The tool calls of a conversation, in any dialect."""
    for message in messages:
        if not isinstance(message, dict):
            continue
        if "call_id" in message and "name" in message:
            yield _call(message["call_id"], message, message.get("arguments", message.get("input")))
        for call in _listed(message["tool_calls"]) if "tool_calls" in message else ():
            made = call.get("function") or call.get("custom")
            if isinstance(made, dict):
                yield _call(call.get("id"), made, made.get("arguments", made.get("input")))
        content = message.get("content")
        for part in _listed(content) if isinstance(content, list) else ():
            if part.get("type") in ("tool_use", "server_tool_use"):
                yield _call(part.get("id"), part, part.get("input"))


def _call(call_id: Any, made: Mapping[str, Any], arguments: Any) -> Call:
    return Call(_text(call_id), _text(made.get("name")), _as_fields(arguments))


def _text(value: Any) -> str:
    """The value where it is a text; what is deep and no text would take as deep a repr."""
    return value if isinstance(value, str) else ""


def _as_fields(arguments: Any) -> Mapping[str, Any]:
    """The arguments by name; a text that is no JSON object is the one argument `input`."""
    if isinstance(arguments, Mapping):
        return arguments
    if not isinstance(arguments, str):
        return {}
    try:
        read = _parsed(arguments)
    except (ValueError, RecursionError):
        return {"input": arguments}
    return read if isinstance(read, dict) else {}


def _parsed(arguments: str) -> Any:
    try:
        return orjson.loads(arguments)
    except ValueError:
        return json.loads(arguments)


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _tool_edits(tool: Any) -> bool:
    if not isinstance(tool, Mapping):
        return False
    kind, name = _text(tool.get("type")), _text(_definition(tool).get("name"))
    if kind.startswith(_EDIT_TYPES) or name == "apply_patch" or _is_shell(name):
        return True
    return _are_edit_fields(_properties(tool))


def _definition(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = tool.get("function", tool.get("custom", tool))
    return inner if isinstance(inner, Mapping) else tool


def _properties(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a tool by their names."""
    definition = _definition(tool)
    schema = definition.get("parameters", definition.get("input_schema"))
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return properties if isinstance(properties, Mapping) else {}


def _edits_by_line_number(tool: Any) -> bool:
    if not isinstance(tool, Mapping):
        return False
    if _text(tool.get("type")).startswith("text_editor_"):
        return True
    properties = _properties(tool)
    return _are_edit_fields(properties) and any("line" in name.lower() for name in properties)


def _call_edits(call: Call) -> bool:
    return call.name == "apply_patch" or _is_shell(call.name) or _are_edit_fields(call.arguments)


def _are_edit_fields(fields: Iterable[str]) -> bool:
    names = {name.lower() for name in fields}
    return bool(names & _EDIT_FIELDS) or bool(names & _PATH_FIELDS and names & _CONTENT_FIELDS)


def _reads_file(call: Call) -> bool:
    command = next((call.arguments[key] for key in _COMMAND_FIELDS if key in call.arguments), None)
    text = " ".join(map(_text, command)) if isinstance(command, list) else command
    if isinstance(text, str) and _READ_COMMAND.search(text.removeprefix("bash -lc ")):
        return True
    names = {name.lower() for name in call.arguments}
    if not names & _PATH_FIELDS or _are_edit_fields(call.arguments):
        return False
    return _READ_NAME.search(call.name) is not None or text == "view"


@lru_cache(maxsize=1_024)
def _is_shell(name: str) -> bool:
    return _SHELL_NAME.search(_WORDS_OF_CAMEL.sub("_", name)) is not None
