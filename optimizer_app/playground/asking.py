"""The model asked with a prompt as it came and as it would be sent: the provider's own answers, as they come.

The answers go to whoever asked, and nowhere else: there is no trace of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any

import orjson
import requests
from django.conf import settings
from urllib3.exceptions import HTTPError

from optimizer_app.models import Project, Provider
from optimizer_app.optimize.usage import Usage
from optimizer_app.outgoing import UnsafeUrl, check_outgoing_url, guarded_session
from optimizer_app.playground.prompt import TrialPrompt
from optimizer_app.playground.streams import BrokenStream, Delta, deltas_of
from optimizer_app.prices.entries import overrides_of
from optimizer_app.providers.addresses import base_url_of, key_headers
from optimizer_app.providers.echo import echo_of
from optimizer_app.receipts.saving import price_of_usage
from optimizer_app.routes.lookup import Way, way_of
from optimizer_app.security.encryption import UndecryptableSecret
from token_optimizer.models import Dialect

CONNECT_SECONDS = 10.0
# Anthropic demands a limit; a body that was pasted has its own.
DEFAULT_MAX_TOKENS = 1_024
MAX_ERROR_BYTES = 65_536
_MAX_SAID_CHARS = 300
_PATHS = {"openai": "/chat/completions", "responses": "/responses", "anthropic": "/v1/messages"}
_ANTHROPIC_VERSION = "2023-06-01"


class NotAnswered(Exception):
    """The provider gave no answer, or broke it off; the message says why."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What one answer cost; None where it is not known."""

    input_tokens: int | None
    output_tokens: int | None
    usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Question:
    """A body to send to a provider. `provider` None: the built-in echo answers."""

    body: Mapping[str, Any]
    dialect: Dialect
    model: str
    provider: Provider | None = None

    @property
    def is_echo(self) -> bool:
        return self.provider is None


def question_to(project: Project, prompt: TrialPrompt, body: Mapping[str, Any], model: str) -> Question:
    """The body for the provider to which a route leads its model, else for the project's provider of its
    dialect; NotAnswered where there is none that speaks it."""
    dialect: Dialect = prompt.dialect
    way = way_of(project, model, _kind(dialect))
    if way.route is not None:
        return _on_route(way, prompt, body)
    provider = _provider(project, dialect)
    if provider is None and prompt.is_plain and not _has_echo(project):
        # A plain text is a body in both dialects.
        dialect, provider = "anthropic", _provider(project, "anthropic")
    if provider is None and not _has_echo(project):
        raise NotAnswered(f"The project has no provider for bodies of {dialect}.")
    return Question({**body, "model": model}, dialect, model, provider)


def _on_route(way: Way, prompt: TrialPrompt, body: Mapping[str, Any]) -> Question:
    """For the first of the route's providers that speaks the dialect: nothing is translated here."""
    # A plain text is a body in both dialects.
    dialects: tuple[Dialect, ...] = (prompt.dialect, "anthropic") if prompt.is_plain else (prompt.dialect,)
    for target, dialect in product(way.destinations, dialects):
        kind = target.provider.kind if target.provider else Provider.Kind.ECHO
        if kind in (_kind(dialect), Provider.Kind.ECHO):
            provider = None if kind == Provider.Kind.ECHO else target.provider
            return Question({**body, "model": target.model}, dialect, target.model, provider)
    raise NotAnswered(f"The route of {way.model} leads to no provider for bodies of {prompt.dialect}.")


def answer(question: Question) -> Iterator[str | Bill]:
    """The answer's text as it comes, then its bill. NotAnswered where there is none."""
    usage = Usage()
    for delta in _deltas(question):
        usage = _newer(usage, delta.usage)
        if delta.text:
            yield delta.text
    yield _bill(question, usage)


def _kind(dialect: Dialect) -> str:
    return Provider.Kind.ANTHROPIC if dialect == "anthropic" else Provider.Kind.OPENAI


def _provider(project: Project, dialect: Dialect) -> Provider | None:
    return project.providers.filter(kind=_kind(dialect)).order_by("created_at", "name").first()


def _has_echo(project: Project) -> bool:
    """Whether echo answers where there is no provider of the kind."""
    return project.providers.filter(kind=Provider.Kind.ECHO).exists() or not project.providers.exists()


def _deltas(question: Question) -> Iterator[Delta]:
    if question.provider is None:
        echo = echo_of(question.body, question.dialect)
        yield from (Delta(text) for text in echo.texts)
        yield Delta(usage=Usage(echo.input_tokens, output_tokens=echo.output_tokens))
        return
    try:
        yield from _streamed(question, question.provider, question.provider.secret())
    except UndecryptableSecret:
        raise NotAnswered("The stored key of the provider cannot be read; enter it again.") from None
    except UnsafeUrl as error:
        raise NotAnswered(f"The provider must not be called: {error}.") from error
    except (requests.Timeout, TimeoutError) as error:
        raise NotAnswered("The provider did not answer in time.") from error
    except BrokenStream as error:
        raise NotAnswered(f"The provider broke off{_said(str(error), '')}") from error
    except (requests.RequestException, HTTPError, OSError) as error:
        # Never the error's own text, which may hold the URL.
        raise NotAnswered("The provider could not be reached, or broke off.") from error


def _streamed(question: Question, provider: Provider, secret: str) -> Iterator[Delta]:
    url = base_url_of(provider.kind, provider.base_url, provider.region)
    if not provider.trusted:
        check_outgoing_url(url)
    headers = {"content-type": "application/json", "accept-encoding": "identity"}
    headers |= dict(key_headers(provider.kind, secret))
    if provider.kind == Provider.Kind.ANTHROPIC:
        headers["anthropic-version"] = _ANTHROPIC_VERSION
    headers |= provider.headers | provider.secret_headers()
    timeout = CONNECT_SECONDS, settings.UPSTREAM_TIMEOUT_SECONDS
    with requests.Session() if provider.trusted else guarded_session() as session:
        session.trust_env = False
        with session.post(
            url + _PATHS[question.dialect],
            data=orjson.dumps(_body(question, provider), default=str),
            headers=headers,
            timeout=timeout,
            stream=True,
            allow_redirects=False,
        ) as response:
            if response.status_code != requests.codes.ok:
                raise NotAnswered(_refusal(response, secret))
            yield from deltas_of(response.iter_lines(chunk_size=1), question.dialect)


def _body(question: Question, provider: Provider) -> dict[str, Any]:
    body = {**question.body, "stream": True}
    if question.dialect == "anthropic":
        body.setdefault("max_tokens", DEFAULT_MAX_TOKENS)
    if question.dialect == "openai" and provider.asks_for_stream_usage:
        body["stream_options"] = {"include_usage": True}
    return body


def _refusal(response: requests.Response, secret: str) -> str:
    """The provider's status and its message, without the key, which some providers quote."""
    said = ""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        said = str(orjson.loads(response.raw.read(MAX_ERROR_BYTES))["error"]["message"])
    return f"The provider answered {response.status_code}{_said(said, secret)}"


def _said(text: str, secret: str) -> str:
    """What the provider said, behind a colon."""
    text = text.replace(secret, "…") if secret else text
    return f": {text[:_MAX_SAID_CHARS]}" if text else "."


def _newer(known: Usage, said: Usage | None) -> Usage:
    """The usage with the numbers that were said last."""
    if said is None:
        return known
    names = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens")
    found = {name: getattr(said, name) for name in names}
    return replace(known, **{name: value for name, value in found.items() if value is not None})


def _bill(question: Question, usage: Usage) -> Bill:
    if question.is_echo:
        return Bill(usage.input_tokens, usage.output_tokens, Decimal(0))
    override = overrides_of([question.model]).get(question.model)
    usd = price_of_usage(question.model, question.dialect, usage, override)
    return Bill(usage.input_tokens, usage.output_tokens, usd)
