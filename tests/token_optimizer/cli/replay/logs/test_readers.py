"""Every program's logs are known by what is in them, and read as the requests that were sent."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.token_optimizer.cli.replay.logs.samples import LOG, MODEL, SAMPLES, litellm
from token_optimizer.cli.replay.logs.files import Reading, log_files, logged_requests
from token_optimizer.cli.replay.logs.request import LoggedRequest
from token_optimizer.dialects.bodies import conversation_of
from token_optimizer.optimizer.formats.file_reads import Call, exact_results


def _read(path: Path) -> tuple[list[LoggedRequest], Reading]:
    reading = Reading()
    return list(logged_requests(str(path), reading)), reading


@pytest.mark.parametrize("program", SAMPLES)
def test_it_works(program: str, tmp_path: Path) -> None:
    write, name = SAMPLES[program]
    (tmp_path / name).write_text(write())
    requests, reading = _read(tmp_path / name)
    assert reading.files == {program.removesuffix(" CSV"): 1}
    assert (reading.unreadable_lines, reading.unknown_files) == (0, [])
    assert [len(conversation_of(found.body, found.dialect)) for found in requests] == [1, 3]
    assert all(
        LOG[:100] in json.dumps(found.body) or "12:00:00" in json.dumps(found.body) for found in requests
    )
    assert all(found.body["model"] for found in requests)


@pytest.mark.parametrize("program", ["LiteLLM", "Langfuse", "Langfuse CSV", "Claude Code", "Codex"])
def test_times_and_sessions_are_read(program: str, tmp_path: Path) -> None:
    write, name = SAMPLES[program]
    (tmp_path / name).write_text(write())
    first, second = _read(tmp_path / name)[0]
    assert first.at is not None
    assert second.at == first.at + 60
    assert first.session == second.session == "one"


def test_the_model_is_the_provider_s_name_of_it(tmp_path: Path) -> None:
    (tmp_path / "spend.jsonl").write_text(litellm())
    assert {found.body["model"] for found in _read(tmp_path / "spend.jsonl")[0]} == {MODEL}


def test_claude_code_marks_the_newest_message_for_the_cache(tmp_path: Path) -> None:
    (tmp_path / "session.jsonl").write_text(SAMPLES["Claude Code"][0]())
    first, second = (found.body["messages"] for found in _read(tmp_path / "session.jsonl")[0])
    assert "cache_control" in first[0]["content"][-1]
    assert "cache_control" not in second[0]["content"][-1]
    assert [block["text"] for block in second[1]["content"]] == ["Let me see.", "Its disk was full."]


@pytest.mark.parametrize("program", ["Claude Code", "Codex"])
def test_agents_are_known_to_edit_files(program: str, tmp_path: Path) -> None:
    write, name = SAMPLES[program]
    (tmp_path / name).write_text(write())
    body = _read(tmp_path / name)[0][0].body
    assert exact_results(body["tools"], [Call("c", "Read", {"file_path": "a.py"})]) == {"c"}


def test_damaged_lines_are_counted_and_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "spend.jsonl"
    first, second = litellm().splitlines()
    file.write_text(f"{{half a li\n{first}\n[1, 2]\n\n{second}\nnothing\n")
    requests, reading = _read(file)
    assert len(requests) == 2
    assert reading.unreadable_lines == 3


def test_a_file_of_no_known_program_is_named(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('[{"order": 1}, {"order": 2}]')
    requests, reading = _read(tmp_path / "other.json")
    assert (requests, reading.unknown_files) == ([], [str(tmp_path / "other.json")])


def test_folders_and_packed_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "spend.jsonl.gz").write_bytes(gzip.compress(litellm().encode()))
    (tmp_path / "notes.md").write_text("no log")
    (found,) = log_files([str(tmp_path)])
    assert len(_read(Path(found))[0]) == 2
