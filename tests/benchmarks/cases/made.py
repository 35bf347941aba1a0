"""Cases made of our own texts, in the format that benchmarks/quality.py scores.

What a case must keep is derived from its text by rule: the alarming lines of a log, each pattern once; the
values of the row that is asked for; parameters of the tool that is wanted; names that the next step uses.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.cases.scoring import prompt_tokens
from tests.benchmarks import texts

Case = dict[str, Any]
Item = dict[str, Any]

_ALARM = re.compile(r"\b(?:ERROR|FATAL|PANIC|CRITICAL)\b|^\w*(?:Error|Exception)\b.*:")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_FAILED = re.compile(r"^(?:FAILED|\S+\.py:\d+: error|[A-Z]+\d{3} )|Error: |\d failed")
_NUMBER = re.compile(r"\d+")
# Of the documentation, so that a case stays of one length as that grows.
_SECTIONS_AROUND = 30
_LOG_SHARE, _ROWS_SHARE, _TOOLS_SHARE, _CODE_SHARE, _DOCS_SHARE = 0.25, 0.3, 0.6, 0.5, 0.4


def logs() -> Iterator[Case]:
    """Stretches of our servers' logs: what went wrong, and what one process did."""
    for name, lines in (("service", texts.service_log()), ("database", texts.database_log())):
        third = len(lines) // 3
        for part, start in enumerate((0, third // 2, third)):
            stretch = lines[start : start + 2 * third]
            question = "What went wrong here? Quote every error."
            items = _one_of_each(line for line in stretch if _ALARM.search(line))
            yield _log_case(f"{name}-errors-{part}", stretch, question, items)
        process, own = _rare_process(lines)
        yield _log_case(f"{name}-process", lines, f"What did process {process} do?", map(_most_of, own))


def ci_logs() -> Iterator[Case]:
    """A build's output with one of its steps left out: what failed."""
    steps = texts.build_steps()
    for left_out in range(-1, len(steps)):
        lines = [line for number, step in enumerate(steps) if number != left_out for line in step]
        items = _one_of_each(line for line in lines if _FAILED.search(line))
        if items:
            question = "Why is the build red? Name every failure."
            yield _log_case(f"build-{left_out}", lines, question, items)


def json_lookup() -> Iterator[Case]:
    """A table as JSON, and a question about one row."""
    for name, rows, key, fields in _tables():
        for number in range(3):
            row = rows[(2 * number + 1) * len(rows) // 6]
            question = f"What are {' and '.join(fields)} of {row[key]}?"
            items = [_exactly(str(row[key])), *(_near(row[key], field, row[field]) for field in fields)]
            text = json.dumps(rows, indent=1 if number % 2 else None)
            yield _case("json_lookup", f"{name}-{number}", _asked(text, question), items, _ROWS_SHARE)


def json_lossless() -> Iterator[Case]:
    """Half a table as JSON without a budget: every value of every seventh row must be there."""
    for name, rows, _, _ in _tables():
        for number, half in enumerate((rows[: len(rows) // 2], rows[len(rows) // 2 :])):
            values = [value for row in half[::7] for value in row.values()]
            items = [_exactly(str(value)) for value in values if isinstance(value, (str, int, float))]
            items = [item for item in items if re.search(r"\w", item["any"][0])]
            text = json.dumps(half, indent=2, ensure_ascii=False)
            messages = _asked(text, "Which of these rows look odd?")
            yield _case("json_lossless", f"{name}-{number}", messages, items, None)


def tool_schema() -> Iterator[Case]:
    """A list of tools, and a request that one of them answers."""
    tools = texts.tools()
    for tool in tools:
        function = tool["function"]
        wish = function["description"].split(". ")[0].lower()
        messages = [
            {"role": "system", "content": "You operate the service with the tools that you have."},
            {"role": "user", "content": f"I want you to {wish}. Which tool do you call, and how?"},
        ]
        parameters = function["parameters"]
        names = [function["name"], *parameters.get("required", ())]
        options = [str(value) for part in parameters["properties"].values() for value in part.get("enum", ())]
        items = [_exactly(name) for name in (*names, *options)]
        yield _case("tool_schema", function["name"], messages, items, _TOOLS_SHARE, tools=tools)


def agent_steps() -> Iterator[Case]:
    """An agent read files of ours one by one; what it asks next needs a name and a line from one of them."""
    files = [(path, text) for path, text in texts.sources().items() if "\ndef " in text]
    for number in range(8):
        read = [files[(number * 5 + step * 3) % len(files)] for step in range(6)]
        path, text = read[1]
        name = _longest_function(text)
        line = next(line for line in text.splitlines() if line.startswith(f"def {name}("))
        question = f"Where do we define `{name}`, with which parameters?"
        items = [_exactly(path), _exactly(name), _most_of(line)]
        yield _case("agent_steps", f"{number}-{name}", _agent_run(read, question), items, _CODE_SHARE)


def docs_questions() -> Iterator[Case]:
    """Sections of our docs as documents, and a question in the words of one sentence of theirs."""
    sections = [(page, heading, text) for page, heading, text in texts.doc_sections() if len(text) > 200]
    for number in range(1, len(sections), max(1, len(sections) // 9)):
        page, heading, text = sections[number]
        sentence = _first_sentence(text)
        question = (
            f"What do our docs say about {heading.lower()} in {page}: {' '.join(sentence.split()[:6])}?"
        )
        around = sections[max(0, number - _SECTIONS_AROUND) : number + _SECTIONS_AROUND]
        documents = [{"title": f"{name}: {title}", "text": body} for name, title, body in around]
        messages = [
            {"role": "system", "content": "Answer from the documents alone."},
            {"role": "user", "content": question},
        ]
        items = [_most_of(sentence)]
        yield _case("docs_questions", f"{page}-{number}", messages, items, _DOCS_SHARE, documents=documents)


FAMILIES: dict[str, Callable[[], Iterator[Case]]] = {
    family.__name__: family
    for family in (logs, ci_logs, json_lookup, json_lossless, tool_schema, agent_steps, docs_questions)
}


def _tables() -> list[tuple[str, Sequence[texts.Row], str, tuple[str, str]]]:
    """Tables of ours with their key and two fields to ask for."""
    return [
        ("settings", texts.database_settings(), "name", ("boot_val", "context")),
        ("packages", texts.packages(), "name", ("version", "bytes")),
        ("statistics", texts.table_statistics(), "relname", ("pages", "bytes")),
    ]


def _case(
    family: str,
    name: str,
    messages: list[dict[str, Any]],
    items: Sequence[Item],
    share: float | None,
    **more: Any,
) -> Case:
    """A case whose budget is this share of its tokens; the newest message is its question."""
    case = {"id": f"{family}-{name}", "family": family, "messages": messages, "must_retain": items, **more}
    case["query"] = messages[-1]["content"] if "\n" not in messages[-1]["content"] else None
    case["budget_tokens"] = round(share * prompt_tokens(case)) if share else None
    return case


def _log_case(name: str, lines: Sequence[str], question: str, items: Any) -> Case:
    family = "ci_logs" if name.startswith("build") else "logs"
    return _case(family, name, _asked("\n".join(lines), question), list(items), _LOG_SHARE)


def _asked(result: str, question: str) -> list[dict[str, Any]]:
    """What a tool brought, and what is asked about it."""
    call = {"id": "call_1", "type": "function", "function": {"name": "fetch", "arguments": "{}"}}
    return [
        {"role": "system", "content": "You look after a running service."},
        {"role": "user", "content": "Fetch it, please."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": result},
        {"role": "user", "content": question},
    ]


def _agent_run(read: Sequence[tuple[str, str]], question: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "You are a coding agent. Name files and lines."},
        {"role": "user", "content": "Read how prompts are cut, file by file."},
    ]
    for number, (path, text) in enumerate(read):
        arguments = json.dumps({"path": path})
        call = {"id": f"call_{number}", "type": "function"}
        call["function"] = {"name": "read_file", "arguments": arguments}
        messages.append({"role": "assistant", "content": f"Next I read {path}.", "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": text})
    return [*messages, {"role": "user", "content": question}]


def _one_of_each(lines: Iterator[str]) -> list[Item]:
    """An item for every pattern of line: lines that differ in their numbers alone are of one pattern."""
    patterns: dict[str, list[str]] = {}
    for line in lines:
        patterns.setdefault(_NUMBER.sub("0", line), []).append(line)
    return [{"any": found, "mode": "words", "min": 0.75} for found in patterns.values()]


def _rare_process(lines: Sequence[str]) -> tuple[str, list[str]]:
    """The first process that wrote three to eight lines, and these."""
    written: dict[str, list[str]] = {}
    for line in lines:
        found = re.search(r"\[(\d{3,})\]", line)
        if found:
            written.setdefault(found[1], []).append(line)
    return next((process, own) for process, own in written.items() if 3 <= len(own) <= 8)


def _longest_function(text: str) -> str:
    """The name of the longest public function of a module, or of any function where none is public."""
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    public = [node for node in functions if not node.name.startswith("_")] or functions
    return max(public, key=lambda node: (node.end_lineno or 0) - node.lineno).name


def _first_sentence(text: str) -> str:
    """The first sentence of prose that says enough to be found again."""
    for paragraph in _FENCED.sub("", text).split("\n\n"):
        prose = " ".join(line for line in paragraph.splitlines() if line[:1].isalpha())
        for sentence in re.split(r"(?<=[.:]) ", prose):
            if len(sentence.split()) > 7:
                return sentence
    return text.splitlines()[0]


def _exactly(text: str) -> Item:
    return {"any": [text]}


def _most_of(line: str) -> Item:
    return {"any": [line], "mode": "words", "min": 0.75}


def _near(key: Any, field: str, value: Any) -> Item:
    """The value in the row of its key, or after its column's name where rows became columns."""
    return {"any": [f"{key} {value}", f"{field} {value}"], "mode": "words", "min": 1.0, "span": 60}
