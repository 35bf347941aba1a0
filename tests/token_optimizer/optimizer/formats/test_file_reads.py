"""Which tool results are text of files, and which questions ask for a text as it stands."""

import json
from typing import Any

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import Dialect
from token_optimizer.optimizer.formats.file_reads import Call, asks_for_exact_text, calls_of, exact_results
from token_optimizer.optimizer.pipeline import optimize_body

EDITOR = {
    "name": "edit_note",
    "input_schema": {"properties": {"path": {}, "old_string": {}, "new_string": {}}},
}
WEATHER = {"name": "weather", "input_schema": {"properties": {"city": {}}}}


def function(name: str, *fields: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {field: {"type": "string"} for field in fields}}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


@pytest.mark.parametrize(
    "tool",
    [
        EDITOR,
        function("write_file", "path", "content"),
        function("Bash", "command"),
        function("run_command", "cmd"),
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
        {"type": "custom", "name": "apply_patch"},
        {"type": "local_shell"},
    ],
)
def test_a_read_is_exact_where_a_tool_edits(tool):
    reads = [Call("1", "read_file", {"path": "a.py"})]
    assert exact_results([WEATHER, tool], reads) == {"1"}
    assert exact_results([WEATHER], reads) == frozenset()


def test_a_read_is_exact_where_an_edit_was_made_before():
    edit = Call("2", "change", {"file_path": "a.py", "old_string": "x", "new_string": "y"})
    assert exact_results([], [Call("1", "Read", {"file_path": "a.py"}), edit]) == {"1"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Read", {"file_path": "a.py", "offset": 3}),
        ("view", {"path": "a.py"}),
        ("str_replace_based_edit_tool", {"command": "view", "path": "a.py"}),
        ("Bash", {"command": "cd app && cat a.py"}),
        ("exec_command", {"cmd": "sed -n 1,80p a.py"}),
        ("shell", {"command": ["bash", "-lc", "cat a.py"]}),
        ("open_file", {"uri": "file:///a.py"}),
    ],
)
def test_what_reads_a_file(name, arguments):
    assert exact_results([EDITOR], [Call("1", name, arguments)]) == {"1"}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("weather", {"city": "Rome"}),
        ("write_file", {"path": "a.py", "content": "x"}),
        ("Bash", {"command": "make test"}),
        ("Bash", {"command": "curl -s localhost/a.json"}),
        ("grep", {"pattern": "x", "path": "src"}),
        ("str_replace_based_edit_tool", {"command": "create", "path": "a.py", "file_text": "x"}),
    ],
)
def test_what_reads_no_file(name, arguments):
    assert exact_results([EDITOR], [Call("1", name, arguments)]) == frozenset()


def test_calls_of_every_dialect():
    arguments = {"path": "a"}
    messages = [
        {"role": "user", "content": "x"},
        {"tool_calls": [{"id": "1", "function": {"name": "a", "arguments": json.dumps(arguments)}}]},
        {"content": [{"type": "text"}, {"type": "tool_use", "id": "2", "name": "b", "input": arguments}]},
        {"type": "function_call", "call_id": "3", "name": "c", "arguments": json.dumps(arguments)},
        {"type": "custom_tool_call", "call_id": "4", "name": "d", "input": "*** Begin Patch"},
        {"tool_calls": [{"id": "5", "function": {"name": "e", "arguments": "{broken"}}]},
        "no message",
    ]
    assert list(calls_of(messages)) == [
        Call("1", "a", arguments),
        Call("2", "b", arguments),
        Call("3", "c", arguments),
        Call("4", "d", {"input": "*** Begin Patch"}),
        Call("5", "e", {"input": "{broken"}),
    ]


PACKAGE = json.dumps({f"package-{number}": f"^{number}.1.0" for number in range(40)}, indent=2)


def openai_body(text: str, *tools: dict[str, Any]) -> dict[str, Any]:
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "read", "arguments": '{"path": "package.json"}'},
    }
    messages = [
        {"role": "user", "content": "Raise the version of package-7."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": text},
    ]
    return {"model": "gpt-4o", "messages": messages, "tools": list(tools)}


def anthropic_body(text: str, *tools: dict[str, Any]) -> dict[str, Any]:
    call = {"type": "tool_use", "id": "c1", "name": "view", "input": {"path": "a"}}
    messages = [
        {"role": "user", "content": "Raise the version of package-7."},
        {
            "role": "assistant",
            "content": [call],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": text}]},
    ]
    return {"model": "claude-sonnet-4-5", "messages": messages, "tools": list(tools)}


def sent_result(body: dict[str, Any], dialect: Dialect, **fields: Any) -> str:
    last = optimize_body(body, dialect, config=OptimizerConfig.preset("aggressive"), **fields).body[
        "messages"
    ][-1]
    part = last["content"]
    return part if isinstance(part, str) else part[0]["content"]


def test_the_text_of_a_file_stays_where_a_tool_edits() -> None:
    editor = function("edit", "path", "old_string", "new_string")
    assert sent_result(openai_body(PACKAGE, editor), "openai") == PACKAGE
    assert sent_result(anthropic_body(PACKAGE, EDITOR), "anthropic") == PACKAGE
    padded = "Run it.  \n\n\n\n\nThen stop.\t\n" * 20
    assert sent_result(openai_body(padded, editor), "openai") == padded


def test_without_an_editor_the_same_text_is_written_in_fewer_tokens() -> None:
    weather = function("weather", "city")
    assert len(sent_result(openai_body(PACKAGE, weather), "openai")) < len(PACKAGE)


def test_under_a_budget_whole_lines_of_a_file_go() -> None:
    editor = function("edit", "path", "old_string", "new_string")
    text = sent_result(openai_body(PACKAGE, editor), "openai", budget_tokens=300)
    lines = [line for line in text.split("\n") if "left out" not in line]
    assert len(lines) < len(PACKAGE.split("\n"))
    assert set(lines) <= set(PACKAGE.split("\n"))


@pytest.mark.parametrize(
    "question",
    [
        "Quote line 6 as it stands.",
        "Repeat the second paragraph verbatim",
        "old_string has to match the file exactly",
        "Is there trailing whitespace in the header?",
        "Gib den Absatz wörtlich wieder.",
        "请逐字引用第二段",
    ],
)
def test_questions_for_exact_text(question):
    assert asks_for_exact_text(question)


@pytest.mark.parametrize("question", ["", "What does it say?", "Why exactly did it fail?"])
def test_other_questions(question):
    assert not asks_for_exact_text(question)
