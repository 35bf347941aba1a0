"""Every file of examples/ runs as it stands, against a running server."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(name, **environment):
    """What the example prints."""
    done = subprocess.run(
        [sys.executable, "-m", f"examples.{name}"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def against(account):
    return {"OPTIMIZER_URL": account.server.url, "OPTIMIZER_KEY": account.secret}


def test_every_example_is_tested():
    found = {path.stem for path in (ROOT / "examples").glob("*.py")}
    assert found == {"basic_usage", "anthropic_stream", "library_only", "off_mode"}


def test_basic_usage(account):
    printed = run("basic_usage", **against(account))
    before, after = map(int, re.search(r"(\d+) -> (\d+) tokens", printed).groups())
    assert "Which orders are held?" in printed
    assert 0 < after < before / 2


def test_anthropic_stream(account):
    printed = run("anthropic_stream", **against(account))
    saved, trace_id = re.search(r"(\d+) tokens saved, trace (\S+)", printed).groups()
    assert account.trace(trace_id)["tokens_saved"] == int(saved) > 500


def test_off_mode(account):
    on, off = run("off_mode", **against(account)).splitlines()
    counted = [int(line.rsplit(" ", 1)[1]) for line in (on, off)]
    assert counted[0] < counted[1]
    assert "heuristic_only" in on
    assert re.search(r"bypass\s+saved\s+0 tokens", off)


def test_library_only():
    first, *blocks = run("library_only").splitlines()
    before, after = map(int, re.match(r"(\d+) -> (\d+) tokens", first).groups())
    assert after < before / 2
    assert any(line.startswith("rewritten log") for line in blocks)
