"""Every file of examples/ runs as it stands, against a running server."""

import os
import re
import subprocess
import sys
import threading
from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from django.db import connection

from optimizer_app.ingest.work import ingest_due
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from tests.servers.forking import run_forked

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[3]


def run(name, **environment):
    """What the example prints."""
    done = run_forked([sys.executable, "-m", f"examples.{name}"], cwd=ROOT, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


def against(account):
    return {"OPTIMIZER_URL": account.server.url, "OPTIMIZER_KEY": account.secret}


def test_every_example_is_tested():
    found = {path.stem for path in (ROOT / "examples").glob("*.py")}
    assert found == {
        "agent_with_tools",
        "anthropic_stream",
        "basic_usage",
        "claude_agent_with_tools",
        "custom_config",
        "library_only",
        "off_mode",
        "with_caching",
        "with_semantic",
    }


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


def at(provider):
    """What the SDKs read to find the provider."""
    return {
        "OPENAI_BASE_URL": provider.openai_url,
        "OPENAI_API_KEY": "sk-of-the-provider",
        "ANTHROPIC_BASE_URL": provider.url,
        "ANTHROPIC_API_KEY": "sk-ant-of-the-provider",
    }


def test_with_caching():
    with MockProvider() as provider:
        first, second = run("with_caching", **at(provider), REDIS_URL=os.environ["REDIS_URL"]).splitlines()
    assert (first, second) == ("first call, cache hit: False", "second call, cache hit: True")


def test_custom_config():
    with MockProvider() as provider:
        printed = run("custom_config", **at(provider))
        before, after = map(int, re.search(r"(\d+) -> (\d+) tokens", printed).groups())
        assert provider.default.text in printed
        assert b"sensor-3" in provider.requests[0].raw
    assert 0 < after <= before


@pytest.mark.parametrize("name", ["agent_with_tools", "claude_agent_with_tools"])
def test_agents_with_tools(name):
    with MockProvider() as provider:
        provider.script(Reply(tool_calls=(ToolCall("read_log", '{"host": "web-1"}'),)))
        assert provider.default.text in run(name, **at(provider))
        _, second = provider.requests
    assert b"ERROR web-1 connection refused by db-3" in second.raw
    assert second.raw.count(b"heartbeat") < 300


def test_analytics_receiver(tmp_path):
    """That it keeps what it is sent is tested beside deliveries."""
    command = [sys.executable, "-m", "examples.analytics_receiver"]
    secret = f"whsec_{b64encode(os.urandom(32)).decode()}"
    more = {"EVENTS_SECRET": secret, "EVENTS_PORT": "0", "EVENTS_DATABASE": str(tmp_path / "events.db")}
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **more}, stdout=subprocess.PIPE, text=True
    ) as receiver:
        url = receiver.stdout.readline().split()[-1]
        assert "Nothing came yet." in requests.get(url, timeout=PATIENCE_SECONDS).text
        receiver.terminate()


@contextmanager
def working_on_documents():
    """What a worker of Celery does."""
    stop = threading.Event()

    def work():
        while not stop.wait(0.05):
            ingest_due()
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


def test_with_semantic(account, embeddings):
    with working_on_documents():
        printed = run("with_semantic", **against(account))
    question = printed.index("How do I handle exceptions in Python?")
    assert 0 <= printed.index("Python handles an exception in an except clause") < question
    assert re.search(r"Route: heuristic\+semantic, \d+ tokens from stored documents", printed)
