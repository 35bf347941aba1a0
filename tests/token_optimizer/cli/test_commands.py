"""`count`, `completion`, and what all commands share."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.token_optimizer.cli.program import ROOT, run
from token_optimizer.cli.line_diff import line_diff
from token_optimizer.cli.tables import share_cut
from token_optimizer.tokens import count_body


def test_a_text_is_counted_by_its_model() -> None:
    done = run("count", "-", "--model", "gpt-4o", given=b"Hello world")
    assert (done.returncode, done.stdout) == (0, b"2\n")


def test_several_models_have_a_line_each_and_estimates_are_marked() -> None:
    done = run("count", "-", "--model", "gpt-4o", "--model", "claude-sonnet-4-5", given=b"Hello world")
    assert done.stdout.decode().splitlines() == ["2\tgpt-4o", "≈2\tclaude-sonnet-4-5"]


def test_a_body_is_counted_by_its_own_model() -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello world"}]}
    done = run("count", "-", given=json.dumps(body).encode())
    assert int(done.stdout) == count_body(body, "openai", "gpt-4o")


def test_the_version_is_told() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.strip()


def test_bash_completes_commands_and_options() -> None:
    script = run("completion", "bash").stdout.decode()
    asked = (
        'COMP_WORDS=(token-optimizer compress --bud); COMP_CWORD=2; _token_optimizer; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", f"{script}\n{asked}"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["--budget"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_knows_the_commands(shell: str) -> None:
    script = run("completion", shell).stdout.decode()
    assert all(word in script for word in ("compress", "count", "completion", "question"))


def test_counting_and_help_bring_no_optimizer() -> None:
    program = "import sys, token_optimizer.cli.main; print('django' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("filler", [0, 3_000], ids=["short", "long"])
def test_a_diff_tells_what_went_and_what_came(filler: int) -> None:
    same = [f"row {n}" for n in range(filler)]
    before = "\n".join([*same, "one", "two", "three", "four"])
    after = "\n".join([*same, "one", "[2 left out]", "four"])
    assert sorted(line_diff(before, after)) == ["+[2 left out]", "-three", "-two"]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (0, 0, "0%"),
        (10, 10, "0%"),
        (200, 100, "50%"),
        (1000, 970, "3.0%"),
        (10, 0, "100%"),
        (100, 130, "−30%"),
    ],
)
def test_the_share_that_went(before: int, after: int, shown: str) -> None:
    assert share_cut(before, after) == shown
