"""Sends example prompts through a running gateway with the official SDKs, and measures what comes back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import anthropic
import openai
import requests
from django.conf import settings

from optimizer_app.demo.prompts import DemoError, ExamplePrompt
from optimizer_app.models import ApiKey, Project

ANSWER_TIMEOUT_SECONDS = 120.0
HEALTH_TIMEOUT_SECONDS = 5.0
KEY_NAME = "manage.py demo"


@dataclass(frozen=True, slots=True)
class Sending:
    """One prompt sent once. `added_ms` is what the optimizer took, `total_ms` what the client waited."""

    tokens_before: int
    tokens_after: int
    added_ms: float
    total_ms: float


@dataclass(slots=True)
class Row:
    """A line of the table. Tokens are those of the newest sending, times the medians of all. Of the answer's
    `needs` so many were `kept`."""

    name: str
    dialect: str
    sendings: list[Sending] = field(default_factory=list)
    error: str = ""
    needs: int = 0
    kept: int = 0
    whole: str = ""

    @property
    def tokens_before(self) -> int:
        return self.sendings[-1].tokens_before if self.sendings else 0

    @property
    def tokens_after(self) -> int:
        return self.sendings[-1].tokens_after if self.sendings else 0

    @property
    def added_ms(self) -> float:
        return median(sending.added_ms for sending in self.sendings) if self.sendings else 0.0

    @property
    def total_ms(self) -> float:
        return median(sending.total_ms for sending in self.sendings) if self.sendings else 0.0


def empty_rows(prompts: Iterable[ExamplePrompt]) -> list[Row]:
    """A row for each prompt, to be filled."""
    return [Row(one.name, one.dialect, needs=len(one.needs), whole=one.whole) for one in prompts]


def check_running(url: str) -> None:
    """DemoError, saying how to start it, where no gateway answers at the URL."""
    try:
        answer = requests.get(f"{url}/healthz", timeout=HEALTH_TIMEOUT_SECONDS)
    except requests.RequestException:
        raise DemoError(
            f"no gateway answers at {url}: start it with {settings.START_COMMAND}, "
            "or pass --url where it listens elsewhere"
        ) from None
    if answer.status_code != 200:
        raise DemoError(f"{url}/healthz answers {answer.status_code}: is this a Token Optimizer?")


@contextmanager
def temporary_key() -> Iterator[str]:
    """A key of the first project, revoked at the end: the secrets of the others are not known."""
    project = Project.objects.order_by("created_at").first()
    if project is None:
        raise DemoError(f"there is no project yet: start {settings.START_COMMAND} once, or pass --key")
    row, secret = ApiKey.issue(project=project, name=KEY_NAME)
    try:
        yield secret
    finally:
        row.revoke()


class Sender:
    """The two SDK clients, pointed at the gateway. Nothing is retried: the times are those of one call."""

    def __init__(self, url: str, key: str) -> None:
        self._openai = openai.OpenAI(
            base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=ANSWER_TIMEOUT_SECONDS
        )
        self._anthropic = anthropic.Anthropic(
            base_url=url, api_key=key, max_retries=0, timeout=ANSWER_TIMEOUT_SECONDS
        )

    def send(self, prompt: ExamplePrompt) -> Sending:
        """Send a prompt and read the answer's `optimizer_stats`; SDK errors come through."""
        create: Any = (
            self._anthropic.messages.create
            if prompt.dialect == "anthropic"
            else self._openai.chat.completions.create
        )
        began = time.perf_counter()
        answer = create(**prompt.body)
        total_ms = (time.perf_counter() - began) * 1000
        stats = (answer.model_extra or {}).get("optimizer_stats")
        if stats is None:
            raise DemoError("the answer has no optimizer_stats: is this URL a Token Optimizer?")
        return Sending(stats["tokens_before"], stats["tokens_after"], stats["latency_ms"], total_ms)


def send_all(
    prompts: Sequence[ExamplePrompt],
    rows: Sequence[Row],
    sender: Sender,
    *,
    repeat: int,
    pause_seconds: float,
) -> Iterator[None]:
    """Send every prompt `repeat` times, round by round, into its row; yields after each sending."""
    first = True
    for _ in range(repeat):
        for prompt, row in zip(prompts, rows, strict=True):
            time.sleep(0 if first else pause_seconds)
            first = False
            _send_into(row, prompt, sender)
            yield


def _send_into(row: Row, prompt: ExamplePrompt, sender: Sender) -> None:
    try:
        row.sendings.append(sender.send(prompt))
    except (openai.AuthenticationError, anthropic.AuthenticationError):
        raise DemoError("the gateway does not know the key: pass one of its own with --key") from None
    except (openai.APIConnectionError, anthropic.APIConnectionError) as error:
        raise DemoError(f"the gateway stopped answering: {error}") from None
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        row.error = f"{error.status_code}: {error.message}"


def reduction(before: float, after: float) -> str:
    """How much was cut, in percent."""
    return f"{100 * (before - after) / before:.1f} %" if before else "–"


def total(rows: Iterable[Row]) -> Row:
    """The sums of the rows that were answered, times included."""
    answered = [row for row in rows if row.sendings]
    summed = Sending(
        sum(row.tokens_before for row in answered),
        sum(row.tokens_after for row in answered),
        sum(row.added_ms for row in answered),
        sum(row.total_ms for row in answered),
    )
    needs, kept = (sum(getattr(row, name) for row in answered) for name in ("needs", "kept"))
    return Row("Total", "", [summed], needs=needs, kept=kept)
