"""`token-optimizer compress`: what goes in, what comes out, and how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.token_optimizer.cli.program import COMMAND, ROOT, log_text, run, run_in_a_shell

QUESTION = "Why did worker 3 fail?"
BODIES = {
    "chat": {"model": "gpt-4o", "messages": [{"role": "user", "content": f"{log_text()}\n{QUESTION}"}]},
    "messages": {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "system": "Answer briefly.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": f"{log_text()}\n{QUESTION}"}]}],
    },
    "responses": {"model": "gpt-4o", "instructions": "Answer briefly.", "input": f"{log_text()}\n{QUESTION}"},
}


@pytest.mark.parametrize("dialect", BODIES)
def test_it_works_for_the_bodies_of_all_dialects(dialect: str) -> None:
    body = BODIES[dialect]
    done = run("compress", "-", given=json.dumps(body).encode())
    assert (done.returncode, done.stderr) == (0, b"")
    smaller = json.loads(done.stdout)
    assert smaller.keys() == body.keys()
    assert len(done.stdout) < len(json.dumps(body)) / 2
    assert b"disk full" in done.stdout
    assert QUESTION.encode() in done.stdout


def test_a_list_of_messages_stays_one() -> None:
    messages = BODIES["chat"]["messages"]
    done = run("compress", "-", given=json.dumps(messages).encode())
    assert [message["role"] for message in json.loads(done.stdout)] == ["user"]


def test_a_text_stays_one(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    file.write_text(log_text())
    done = run("compress", file, "--question", QUESTION)
    assert done.returncode == 0
    assert b"ERROR worker 3 failed: disk full" in done.stdout
    assert len(done.stdout) < file.stat().st_size / 2


def test_json_has_the_prompt_the_statistics_and_every_block() -> None:
    done = run("compress", "-", "--json", given=log_text().encode())
    found = json.loads(done.stdout)
    stats = found["stats"]
    assert stats["tokens_after"] < stats["tokens_before"]
    assert sum(block["tokens_before"] for block in found["blocks"]) == stats["tokens_before"]
    assert "disk full" in found["prompt"]


def test_the_table_has_a_row_for_each_block() -> None:
    done = run("compress", "-", "--table", given=log_text().encode())
    head, *rows = done.stdout.decode().splitlines()
    assert head.split() == ["block", "type", "fate", "rule", "before", "after", "reason"]
    assert [row.split()[:3] for row in rows[:2]] == [
        ["b0", "user", "rewritten"],
        ["framing", "system", "kept"],
    ]
    assert rows[-1].endswith(" ms")


def test_the_diff_has_the_lines_that_went() -> None:
    done = run("compress", "-", "--diff", given=log_text().encode())
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("@@ b0 user rewritten by ")
    assert "-2026-01-01 12:00:01 INFO worker 1 did job 1" in lines
    assert not any("disk full" in line for line in lines)


def test_a_budget_that_cannot_be_held_has_an_exit_code_of_its_own() -> None:
    body = {"messages": [{"role": "user", "content": "Where does the river go? " * 40}]}
    done = run_in_a_shell("compress", "-", "--budget", "5", given=json.dumps(body).encode())
    assert done.returncode == 3
    assert b"of a budget of 5" in done.stderr
    assert json.loads(done.stdout)["messages"]


def test_config_fields_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "careful.toml"
    file.write_text("mask_detectors = ['email']\nmax_input_tokens = 4000\n")
    done = run("compress", "-", "--config", file, given=b"Write to jo@example.com")
    assert done.returncode == 0, done.stderr
    assert b"jo@example.com" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "given", "code", "said"),
    [
        (["compress", "no-such-file.json"], b"", 1, "no-such-file.json: no such file or directory"),
        (["compress", "docs"], b"", 1, "docs: is a directory"),
        (["compress", "-"], b"  \n", 1, "-: there is nothing in it"),
        (["compress", "-"], b"\xff\xfe\x00garbage", 1, "-: byte 0 is no UTF-8"),
        (["compress", "-"], b'{"messages": "hello"}', 1, "messages must be a list, not str"),
        (["compress", "-", "--budget", "many"], b"x", 2, "'many' is no whole number of at least 1"),
        (["compress", "-", "--preset", "wild"], b"x", 2, "'wild'"),
        (["compress", "-", "--config", "README.md"], b"x", 1, "README.md: "),
        (["compress"], b"", 2, "FILE"),
        ([], b"", 2, "COMMAND"),
    ],
)
def test_what_is_wrong_is_named(arguments: list[str], given: bytes, code: int, said: str) -> None:
    done = run(*arguments, given=given)
    assert (done.returncode, done.stdout) == (code, b"")
    assert said in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_a_config_field_that_is_unknown_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"keep_turns": 3}')
    done = run("compress", "-", "--config", file, given=b"x")
    assert done.returncode == 1
    assert "unknown config field 'keep_turns'" in done.stderr.decode()


def test_garbage_that_looks_like_json_is_text() -> None:
    done = run("compress", "-", given=b'{"messages": [{"role": ')
    assert (done.returncode, done.stdout) == (0, b'{"messages": [{"role": ')


def test_a_reader_that_leaves_is_no_error() -> None:
    with subprocess.Popen(
        [*COMMAND, "compress", "-", "--json"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        program.stdin.write(log_text().encode())
        program.stdin.close()
        assert program.wait(timeout=300) == 141
        assert program.stderr.read() == b""


@pytest.mark.long
def test_megabytes_come_to_an_end() -> None:
    done = run("compress", "-", "--table", given=log_text(100_000).encode())
    assert done.returncode == 0, done.stderr
    assert b"tokens, cut " in done.stdout


def test_what_is_far_larger_than_any_prompt_is_refused_at_once() -> None:
    done = run("compress", "-", given=b"x" * (65 * 1024 * 1024))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"more than 64 MiB are no prompt" in done.stderr
