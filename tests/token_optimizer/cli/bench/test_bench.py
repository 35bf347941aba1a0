"""`bench`: cases read, scored and told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.token_optimizer.cli.program import log_text
from token_optimizer.cli.bench.cases import case_of
from token_optimizer.cli.errors import InputError
from token_optimizer.cli.main import main

QUESTION = "Which job failed?"
KEPT = "ERROR worker 3 failed: disk full"


def _write(folder: Path, name: str, *cases: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(map(json.dumps, cases)), "utf-8")


def test_cases_of_every_kind_of_file_are_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = {"name": "log", "text": log_text(), "question": QUESTION, "needs": [KEPT]}
    small = {"messages": [{"role": "user", "content": "Hello world"}]}
    _write(tmp_path, "log.json", log)
    _write(tmp_path / "more", "few.jsonl", {**small, "family": "greetings"}, {**small, "family": "greetings"})
    with gzip.open(tmp_path / "packed.jsonl.gz", "wt") as file:
        file.write(json.dumps({"body": {"input": "Hello"}, "must_retain": [{"any": ["Hallo", "hello"]}]}))

    assert main(["bench", str(tmp_path)]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:5] == ["case", "cases", "before", "after", "cut"]
    assert [row.split()[:2] for row in rows] == [
        ["log", "1"], ["greetings", "2"], ["packed.jsonl", "1"], ["all", "4"],
    ]  # fmt: skip
    assert "2 of 2" in rows[-1]


def test_what_went_and_what_never_was_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filler = "2026-01-01 12:00:05 INFO worker 5 did job 5"
    _write(tmp_path, "case.json", {"text": log_text(), "question": QUESTION, "needs": [filler, "no such"]})

    assert main(["bench", str(tmp_path)]) == 3
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"case: went: {filler}",
        "case: was not in the prompt: no such",
    ]


def test_json_has_every_case_and_a_budget_is_for_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, "case.json", {"text": log_text(), "question": QUESTION, "needs": [KEPT]})

    assert main(["bench", str(tmp_path / "case.json"), "--budget", "400", "--json"]) == 0
    (case,) = json.loads(capsys.readouterr().out)
    assert case["name"] == "case"
    assert case["missed"] == case["absent"] == []
    assert case["tokens_after"] <= 400 < case["tokens_before"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"needs": ["x"]}, "prompt in body, messages, input or text"),
        ({"text": "a", "needs": "x"}, "needs is a list of texts"),
        ({"text": "a", "must_retain": [{}]}, "wordings in any"),
    ],
)
def test_what_is_no_case_is_named(value: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=rf"^cases\.jsonl:3: .*{message}"):
        case_of(value, "cases.jsonl:3")


def test_a_folder_without_cases_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", str(tmp_path)]) == 1
    assert f"{tmp_path}: no *.json, *.jsonl" in capsys.readouterr().err
    _write(tmp_path, "bad.jsonl", [1])
    assert main(["bench", str(tmp_path)]) == 1
    assert "bad.jsonl:1: a case is an object, not list" in capsys.readouterr().err
