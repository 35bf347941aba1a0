"""The scorer's figures and checks, on prompts that were broken in known ways."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cases.scoring import family_scores, load_cases, prompt_tokens, score_case
from benchmarks.cases.validity import new_faults
from benchmarks.quality import main

CALL = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": '{"shard": 7}'}}
TOOL = {
    "type": "function",
    "function": {
        "name": "find",
        "parameters": {
            "type": "object",
            "required": ["shard"],
            "properties": {"shard": {"type": "integer"}, "order": {"type": "string", "enum": ["up", "down"]}},
        },
    },
}
CASE: dict[str, Any] = {
    "id": "find-1",
    "family": "finding",
    "messages": [
        {"role": "system", "content": "You find shards."},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "shard 7 is on host-12\n" * 50},
        {"role": "user", "content": "Which host holds shard seven?"},
    ],
    "tools": [TOOL],
    "query": "Which host holds shard seven?",
    "budget_tokens": 200,
    "must_retain": [{"any": ["host-12"]}, {"any": ["shard 7"]}],
}


def unchanged(**given: Any) -> dict[str, Any]:
    return given


def halved(**given: Any) -> dict[str, Any]:
    given["messages"][2]["content"] = "shard 7"
    return given


def test_it_works() -> None:
    score = score_case(CASE, halved)
    assert (score.missed, score.recall, score.faults, score.fits) == (("host-12",), 0.5, (), True)
    assert score.tokens_before == prompt_tokens(CASE) > score.tokens_after


def test_a_family_adds_up_its_cases() -> None:
    (family,) = family_scores([score_case(CASE, unchanged), score_case(CASE, halved)])
    assert (family.cases, family.macro_recall, family.full, family.valid) == (2, 75.0, 50.0, 100.0)
    assert family.in_budget == 50.0
    assert 0 < family.reduction < 50


def broken(change: str) -> dict[str, Any]:
    sent = copy.deepcopy(CASE)
    messages, function = sent["messages"], sent["tools"][0]["function"]
    parameters = function["parameters"]
    changes = {
        "nothing": lambda: None,
        "tool left out": lambda: sent["tools"].clear(),
        "optional parameter left out": lambda: parameters["properties"].pop("order"),
        "result gone": lambda: messages.pop(2),
        "call gone": lambda: messages.pop(1),
        "arguments cut": lambda: messages[1]["tool_calls"][0]["function"].update(arguments='{"shard"'),
        "role": lambda: messages[0].update(role="narrator"),
        "question": lambda: messages[3].update(content="Which one?"),
        "everything": messages.clear,
        "type": lambda: parameters["properties"]["shard"].update(type="string"),
        "enum": lambda: parameters["properties"]["order"]["enum"].pop(),
        "required": lambda: parameters.update(required=[]),
        "required property": lambda: parameters["properties"].pop("shard"),
        "invented property": lambda: parameters["properties"].update(host={"type": "string"}),
        "read_back": lambda: sent["tools"].append({"type": "function", "function": {"name": "read_back"}}),
        "invented tool": lambda: function.update(name="search"),
    }
    changes[change]()
    return sent


@pytest.mark.parametrize("change", ["nothing", "tool left out", "optional parameter left out", "read_back"])
def test_what_is_allowed(change: str) -> None:
    assert new_faults(CASE, broken(change)) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("result gone", "call without its result"),
        ("call gone", "result without its call"),
        ("arguments cut", "arguments that are no JSON"),
        ("role", "role narrator"),
        ("question", "question lost"),
        ("everything", "no messages"),
        ("type", "type of find.shard"),
        ("enum", "enum of find.order"),
        ("required", "required of find"),
        ("required property", "required find.shard is gone"),
        ("invented property", "find.host was invented"),
        ("invented tool", "tool search was invented"),
    ],
)
def test_what_is_broken(change: str, fault: str) -> None:
    assert fault in new_faults(CASE, broken(change))


def test_a_fault_of_the_case_itself_does_not_count() -> None:
    case = broken("result gone")
    assert new_faults(case, case) == []


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    with gzip.open(tmp_path / "finding.jsonl.gz", "wt") as file:
        file.write(json.dumps(CASE) + "\n\n")
    (tmp_path / "more.jsonl").write_text(json.dumps({**CASE, "family": "more", "budget_tokens": None}))
    return tmp_path


def test_cases_are_read_from_a_folder_or_a_file(cases: Path) -> None:
    assert [case["family"] for case in load_cases(cases)] == ["finding", "more"]
    assert list(load_cases(cases / "finding.jsonl.gz")) == [CASE]


def test_the_command_prints_a_row_for_each_family(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(cases)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["finding", "1"], ["more", "1"]]


def test_the_command_measures_what_can_be_read_back(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = []
    for option in ([], ["--read-back"]):
        assert main(["--data", str(cases), "--no-budget", *option]) == 0
        figures.append(capsys.readouterr().out.splitlines()[1].split())
    without, with_tool = figures
    # The tool costs tokens, and is no fault.
    assert float(with_tool[3]) < float(without[3])
    assert float(with_tool[6]) == float(without[6]) == 100


def test_the_command_fails_below_a_floor(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    floors = cases / "floors.json"
    floors.write_text(json.dumps({"finding": {"reduction": 99.9, "valid": 100}, "absent": {"valid": 100}}))
    assert main(["--data", str(cases), "--floors", str(floors)]) == 1
    missed = capsys.readouterr().err
    assert "finding: reduction is" in missed
    assert "absent: no cases" in missed


def test_the_command_refuses_a_folder_without_cases(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no case"):
        main(["--data", str(tmp_path)])
