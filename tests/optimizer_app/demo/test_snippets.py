"""The Python and the curl lines of README and docs run as they stand, against a running server."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from optimizer_app.prompts.create import create_template
from optimizer_app.prompts.versions.publish import publish
from tests.gateway.accounts import Account
from tests.optimizer_app.prompts.contents import content
from tests.patience import PATIENCE_SECONDS
from tests.project.snippets import Snippet, commands, snippets
from tests.provider.mock_provider import MockProvider

GATEWAY = "http://127.0.0.1:8000"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLjYl"
LOG = "\n".join(f"12:00:{n % 60:02} INFO worker {n} took a job" for n in range(200))
MESSAGES = [{"role": "user", "content": f"{LOG}\nERROR worker 7 failed\n\nWhich worker failed?"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def given_names(account: Account, provider: MockProvider) -> dict[str, Any]:
    """What the lines of a page take as given: a conversation, a client, a delivery."""
    body = json.dumps({"api_key": "a", "events": []})
    now = datetime.now(UTC)
    signature = Webhook(SECRET).sign("msg_1", now, body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    from token_optimizer import TokenOptimizer

    return {
        "__name__": "snippet",
        "messages": MESSAGES,
        "tools": [TOOL],
        "documents": [{"title": "Jobs", "text": "Worker 7 is old."}],
        "what": "worker 7",
        "client": account.openai,
        "body": body,
        "headers": headers,
        "TokenOptimizer": TokenOptimizer,
    }


@pytest.fixture
def template(account: Account) -> None:
    from django.contrib.auth.models import AnonymousUser

    publish(create_template(account.project, "support-answer"), AnonymousUser(), content(), base_version=0)


def test_python_runs(
    account: Account, template: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Blocks of one page share their names, as a reader has them; those of packages that are not here are
    compiled, and run by `benchmarks.clients`. A block of text shows what those before it printed."""
    with MockProvider() as provider:
        for name, value in at(provider).items():
            monkeypatch.setenv(name, value)
        pages: dict[str, dict[str, Any]] = {}
        for snippet in snippets("python", "text"):
            if snippet.language == "text":
                assert capsys.readouterr().out == snippet.text, snippet
                continue
            names = pages.setdefault(snippet.page, given_names(account, provider))
            code = compile(here(snippet.text, account), str(snippet), "exec")
            if all(find_spec(name) for name in imported(snippet)):
                capsys.readouterr()
                exec(code, names)


def at(provider: MockProvider) -> dict[str, str]:
    """What the SDKs read to find the provider."""
    return {
        "OPENAI_BASE_URL": provider.openai_url,
        "OPENAI_API_KEY": "sk-of-the-provider",
        "ANTHROPIC_BASE_URL": provider.url,
        "ANTHROPIC_API_KEY": "sk-ant-of-the-provider",
    }


def here(text: str, account: Account) -> str:
    """The lines with the address and the key of this test."""
    text = re.sub(r"tok_(?:\.\.\.|…)", account.secret, text.replace(GATEWAY, account.server.url))
    return text.replace("whsec_...", SECRET)


def imported(snippet: Snippet) -> set[str]:
    return set(re.findall(r"^(?:from|import) (\w+)", snippet.text, re.MULTILINE))


def test_curl_lines_are_answered(account: Account, template: None) -> None:
    asked = [words for snippet in snippets("sh") for words in commands(here(snippet.text, account))]
    answers = [answer_to(words) for words in asked if words[0] == "curl" and account.server.url in words[1]]
    assert [answer.text for answer in answers if answer.status_code != 200] == []
    assert len(answers) >= 5


def answer_to(words: Sequence[str]) -> requests.Response:
    """What curl would get for these words."""
    options = list(pairwise(words))
    headers = dict(value.split(": ", 1) for name, value in options if name == "-H")
    data = next(value for name, value in options if name == "-d")
    return requests.post(words[1], data=data.encode(), headers=headers, timeout=PATIENCE_SECONDS)
