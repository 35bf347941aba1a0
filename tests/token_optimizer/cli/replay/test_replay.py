"""`token-optimizer replay`: what it counts, shows and refuses."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.token_optimizer.cli.program import COMMAND, ROOT, run
from tests.token_optimizer.cli.replay.logs.samples import SAMPLES, TURNS, litellm, openai_batch
from token_optimizer.cli.replay.logs.request import LoggedRequest
from token_optimizer.cli.replay.replaying import Replayer
from token_optimizer.cli.replay.report import usd_text
from token_optimizer.config import OptimizerConfig
from token_optimizer.tokens import count_body


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log of every program."""
    folder = tmp_path_factory.mktemp("logs")
    for write, name in SAMPLES.values():
        (folder / name).write_text(write())
    return folder


def _sums(*arguments: str | Path, given: bytes = b"") -> dict[str, Any]:
    done = run("replay", *arguments, "--json", given=given)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_works_for_all_logs_of_a_folder(logs: Path) -> None:
    done = run("replay", logs)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode()
    assert text.startswith("14 requests of ")
    assert all(program.removesuffix(" CSV") in text for program in SAMPLES)
    assert "net $" in text


def test_sums_agree_with_each_other() -> None:
    sums = _sums("-", given=litellm().encode())
    total = sums["total"]
    assert total["requests"] == 2
    bodies = [{"model": "gpt-4o", "messages": messages} for messages in TURNS]
    assert total["tokens_before"] == sum(count_body(body, "openai", "gpt-4o") for body in bodies)
    assert (
        sum(rule["tokens"] for rule in sums["by_rule"]) == total["tokens_before"] - total["tokens_after"] > 0
    )
    assert sum(one["tokens_after"] for one in sums["by_session"]) == total["tokens_after"]
    for name in ("gross_usd", "net_usd"):
        assert sum(rule[name] for rule in sums["by_rule"]) == pytest.approx(total[name])
    assert total["net_usd"] == pytest.approx(total["gross_usd"] - total["cache_effect_usd"])


def test_the_cache_is_simulated_on_both_sides() -> None:
    """The second turn would have found the log of the first one in the cache."""
    first, second = (
        LoggedRequest({"model": "gpt-4o", "messages": messages}, "openai", 1_767_225_600 + 60 * at, "one")
        for at, messages in enumerate(TURNS)
    )
    replayer = Replayer(OptimizerConfig.preset("balanced"), "gpt-4o")
    one, two = replayer.replay(first), replayer.replay(second)
    assert two.tokens_before > one.tokens_before
    assert two.before_usd is not None
    assert one.before_usd is not None
    assert two.before_usd < one.before_usd * Decimal("0.6")


def test_a_batch_costs_half_and_finds_nothing_in_the_cache() -> None:
    batch = _sums("-", given=openai_batch().encode())["total"]
    assert batch["cache_effect_usd"] == pytest.approx(0)
    assert batch["before_usd"] == pytest.approx(batch["tokens_before"] * 2.5e-6 / 2)


def test_the_page_stands_alone(logs: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = run("replay", logs, "--html", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert "http" not in text.replace("http-equiv", "")
    assert "<script" not in text
    assert "prefers-color-scheme: dark" in text
    assert "$" + "hero" not in text
    assert "<h2>By rule</h2>" in text


def test_names_of_sessions_are_no_markup(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    given = litellm().replace('"one"', '"<b>bold</b>"').encode()
    assert run("replay", "-", "--html", page, given=given).returncode == 0
    assert "<b>bold" not in page.read_text()


def test_progress_is_shown_on_a_terminal() -> None:
    terminal, its_end = pty.openpty()
    command = [*COMMAND, "replay", "-"]
    done = subprocess.run(
        command, input=litellm().encode(), stdout=subprocess.PIPE, stderr=its_end, cwd=ROOT, check=False
    )
    os.close(its_end)
    shown = os.read(terminal, 10_000).decode()
    os.close(terminal)
    assert done.returncode == 0
    assert "2 requests of file 1 of 1" in shown


def test_what_cannot_be_read_is_said_and_not_fatal() -> None:
    done = run("replay", "-", given=b"{damaged\n" + litellm().encode() + b"\xff\xfe\n")
    assert done.returncode == 0
    assert b"2 lines could not be read." in done.stdout


def test_a_prompt_that_is_none_is_counted() -> None:
    broken = {"custom_id": "x", "url": "/v1/chat/completions", "body": {"messages": "no list"}}
    given = openai_batch() + json.dumps(broken) + "\n"
    assert _sums("-", given=given.encode())["not_prompts"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-folder"], "no-such-folder: no such file or directory"),
        (["README.md"], "README.md: no requests of a program that is known here"),
    ],
)
def test_what_is_wrong_is_named(arguments: list[str], said: str) -> None:
    done = run("replay", *arguments)
    assert (done.returncode, done.stdout) == (1, b"")
    assert said in done.stderr.decode()


def test_without_prices_there_are_tokens_and_a_hint() -> None:
    program = (
        "import sys; sys.modules['genai_prices'] = None\n"
        "from token_optimizer.cli.main import main\n"
        "sys.exit(main(['replay', '-']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=litellm().encode(), capture_output=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"token-optimizer[prices]" in done.stderr
    assert b"Tokens  " in done.stdout
    assert b"Input  " not in done.stdout


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        ("412.184", "$412.18"),
        ("0.1234", "$0.1234"),
        ("-2.5", "−$2.50"),
        ("0.00001", "<$0.0001"),
        ("0", "$0.0000"),
    ],
)
def test_money_is_written_as_on_the_pages(usd: str, shown: str) -> None:
    assert usd_text(Decimal(usd)) == shown
