"""An account at a running gateway: a project with a key, its providers on real sockets, the official SDKs."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import requests
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, OpenAI

from optimizer_app.models import ApiKey, OptimizationConfig, Project, Provider
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider
from tests.servers.live_server import LiveServer

OPENAI_SECRET = "sk-of-the-project"
ANTHROPIC_SECRET = "sk-ant-of-the-project"


@dataclass(frozen=True)
class Account:
    """A key at a server, and its clients. They do not retry, so that each call is one request, and read no
    certificates, which takes 24 ms of CPU each."""

    server: LiveServer
    project: Project
    key: ApiKey
    secret: str

    @property
    def openai(self) -> OpenAI:
        return OpenAI(
            base_url=f"{self.server.url}/v1",
            api_key=self.secret,
            max_retries=0,
            http_client=openai.DefaultHttpxClient(verify=False),
        )

    @property
    def anthropic(self) -> Anthropic:
        return Anthropic(
            base_url=self.server.url,
            api_key=self.secret,
            max_retries=0,
            http_client=anthropic.DefaultHttpxClient(verify=False),
        )

    @property
    def async_openai(self) -> AsyncOpenAI:
        return AsyncOpenAI(base_url=f"{self.server.url}/v1", api_key=self.secret, max_retries=0)

    @property
    def async_anthropic(self) -> AsyncAnthropic:
        return AsyncAnthropic(base_url=self.server.url, api_key=self.secret, max_retries=0)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """POST JSON, or the bytes of `data`, with the key and other headers."""
        headers = {"authorization": f"Bearer {self.secret}", **options.pop("headers", {})}
        return requests.post(
            self.server.url + path, json=body, headers=headers, timeout=PATIENCE_SECONDS, **options
        )

    def get(self, path: str, **headers: str) -> requests.Response:
        headers = {"authorization": f"Bearer {self.secret}", **headers}
        return requests.get(self.server.url + path, headers=headers, timeout=PATIENCE_SECONDS)

    def trace(self, trace_id: str) -> dict[str, Any]:
        """The trace, once it can be read."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self.get(f"/v1/traces/{trace_id}")
            if answer.status_code == 200:
                return dict(answer.json())
            assert answer.status_code == 404, answer.text
            assert time.monotonic() < give_up_at, f"no trace within {PATIENCE_SECONDS} s"
            time.sleep(0.05)

    def only_trace(self) -> dict[str, Any]:
        """The trace of the only request of this project, whose id the client may never have seen."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not (ids := list(self.project.traces.values_list("id", flat=True))):
            assert time.monotonic() < give_up_at, f"no trace within {PATIENCE_SECONDS} s"
            time.sleep(0.05)
        assert len(ids) == 1
        return self.trace(str(ids[0]))


def new_account(server: LiveServer) -> Account:
    """A project without providers: its requests go to echo."""
    project = Project.objects.create(name=f"project {uuid.uuid4().hex}")
    OptimizationConfig.objects.create(project=project, name="default", is_default=True)
    key, secret = ApiKey.issue(project=project, name="test")
    return Account(server, project, key, secret)


def add_provider(account: Account, kind: str, base_url: str, secret: str, *, trusted: bool = True) -> None:
    """A provider of the project. Trusted ones may be on loopback, as those from the environment."""
    provider = Provider(project=account.project, name=kind, kind=kind, base_url=base_url, trusted=trusted)
    provider.set_secret(secret)
    provider.save()


def add_mock(account: Account, provider: MockProvider) -> None:
    add_provider(account, "openai", provider.openai_url, OPENAI_SECRET)
    add_provider(account, "anthropic", provider.url, ANTHROPIC_SECRET)


def wait_until_drained(server: LiveServer) -> None:
    """Until every trace of the server is stored."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while left := list(server.journal_dir.glob("*.jsonl")):
        assert time.monotonic() < give_up_at, f"not drained: {left}; {server.log()[-2000:]}"
        time.sleep(0.02)
