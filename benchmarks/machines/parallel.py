"""64 callers at once on two web workers: `python -m benchmarks.machines.parallel`.

Printed is what got in by each limit of a key, and what it came to; two minutes. Answers take a second, so
that all of them run at the same time.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.machines.site import folder_of
from tests.optimizer_app.instance.whole.running_instance import Instance, manage, start_instance
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply

CALLERS = 64
WINDOW_SECONDS = 61
REQUESTS, AT_ONCE, TOKENS = 25, 8, 2_000
ANSWER = Reply(text=" ".join(["word"] * 90), delay_seconds=1.0)
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Ninety words, please."}]}
_KEY = """
from optimizer_app.models import ApiKey, Project
print(ApiKey.issue(project=Project.objects.first(), name="{name}", bounds={{"{name}": {bound}}})[1])
"""


@dataclass(frozen=True, slots=True)
class Burst:
    """What came of one request of each caller: answers, refusals, and the tokens that were billed."""

    answered: int
    refused: int
    tokens: int

    def __str__(self) -> str:
        return f"{self.answered} answered, {self.refused} refused, {self.tokens:,} tokens billed"


def main() -> None:
    with running_instance() as (instance, key_bounded_by):
        key = key_bounded_by("max_requests_per_minute", REQUESTS)
        print(f"{REQUESTS} requests a minute: {burst(instance, key)}", flush=True)
        key = key_bounded_by("max_concurrent_requests", AT_ONCE)
        print(f"{AT_ONCE} requests at a time: {burst(instance, key)}", flush=True)
        key = key_bounded_by("max_tokens_per_minute", TOKENS)
        print(f"{TOKENS:,} tokens a minute, a new key: {burst(instance, key)}", flush=True)
        time.sleep(WINDOW_SECONDS)
        print(f"{TOKENS:,} tokens a minute, one minute later: {burst(instance, key)}", flush=True)


@contextmanager
def running_instance() -> Iterator[tuple[Instance, KeyMaker]]:
    """An instance of two workers, and what makes keys in it."""
    with tempfile.TemporaryDirectory(prefix="token-optimizer-parallel-") as top, MockProvider() as provider:
        provider.default = ANSWER
        folder = folder_of(Path(top), "state")
        environment = {"OPENAI_BASE_URL": provider.openai_url, "WEB_CONCURRENCY": "2"}
        instance = start_instance(folder, **environment)
        try:
            instance.wait_until_up()
            yield instance, KeyMaker(folder)
        finally:
            instance.process.terminate()
            instance.process.wait()


@dataclass(frozen=True, slots=True)
class KeyMaker:
    """Makes keys of the instance with this folder."""

    state_dir: Path

    def __call__(self, name: str, bound: int) -> str:
        """The secret of a new key with that bound."""
        code = _KEY.format(name=name, bound=bound)
        done = manage("shell", "--verbosity", "0", "--command", code, state_dir=self.state_dir)
        return done.stdout.strip().splitlines()[-1]


def burst(instance: Instance, key: str) -> Burst:
    """One request of each caller, all at once."""
    together = threading.Barrier(CALLERS)

    def ask(_: int) -> requests.Response:
        together.wait()
        headers = {"authorization": f"Bearer {key}"}
        url = instance.url + "/v1/chat/completions"
        return requests.post(url, json=BODY, headers=headers, timeout=PATIENCE_SECONDS)

    with ThreadPoolExecutor(CALLERS) as pool:
        answers = list(pool.map(ask, range(CALLERS)))
    billed = [answer.json()["usage"]["total_tokens"] for answer in answers if answer.status_code == 200]
    return Burst(len(billed), sum(answer.status_code == 429 for answer in answers), sum(billed))


if __name__ == "__main__":
    main()
