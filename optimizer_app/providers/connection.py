"""One try whether a provider answers and takes the key: it is asked for its list of models.

What came of it is said in words that can be shown to people: never an error's own text, which may hold the
URL with what is in it, or parts of an answer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from optimizer_app.models import Provider
from optimizer_app.outgoing import UnsafeUrl, check_outgoing_url, guarded_session, host_of
from optimizer_app.providers.addresses import base_url_of, key_headers
from optimizer_app.security.encryption import UndecryptableSecret

TIMEOUT_SECONDS = 5.0
MAX_ANSWER_BYTES = 4 * 1024**2
_MODELS_PATHS = {
    Provider.Kind.OPENAI: "/models",
    Provider.Kind.ANTHROPIC: "/v1/models",
    Provider.Kind.GEMINI: "/v1beta/models",
}
_ANTHROPIC_VERSION = "2023-06-01"


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """`works`: a request would reach the provider and be accepted, as far as this try tells."""

    works: bool
    says: str


def check_connection(provider: Provider) -> ConnectionCheck:
    """Ask the provider once, and say what came of it."""
    if provider.kind == Provider.Kind.ECHO:
        return ConnectionCheck(True, "The built-in echo answers by itself; nothing is sent anywhere.")
    if provider.kind not in _MODELS_PATHS:
        return ConnectionCheck(False, "It has no list of models to ask for: its first request will tell.")
    try:
        secret, own = provider.secret(), provider.headers | provider.secret_headers()
    except UndecryptableSecret:
        return ConnectionCheck(False, "A stored key or header cannot be read; enter it again.")
    try:
        return _asked(provider, secret, own)
    except UnsafeUrl as error:
        return ConnectionCheck(False, f"It must not be called: {error}.")
    except (requests.RequestException, HTTPError) as error:
        return ConnectionCheck(False, _failure(error, _host(provider)))


def _asked(provider: Provider, secret: str, own: Mapping[str, str]) -> ConnectionCheck:
    kind = Provider.Kind(provider.kind)
    url = base_url_of(kind, provider.base_url, provider.region) + _MODELS_PATHS[kind]
    headers = {"accept-encoding": "identity", **dict(key_headers(kind, secret)), **own}
    if kind == Provider.Kind.ANTHROPIC:
        headers["anthropic-version"] = _ANTHROPIC_VERSION
    if not provider.trusted:
        check_outgoing_url(url)
    started = time.perf_counter()
    with requests.Session() if provider.trusted else guarded_session() as session:
        session.trust_env = False
        with session.get(
            url, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
        ) as answer:
            body = _read(answer, started + TIMEOUT_SECONDS)
            return _said(answer.status_code, body, (time.perf_counter() - started) * 1000)


def _read(answer: requests.Response, deadline: float) -> bytes:
    """The answer's body, as far as it comes in time."""
    body = b""
    while (chunk := answer.raw.read1(MAX_ANSWER_BYTES)) and len(body) < MAX_ANSWER_BYTES:
        body += chunk
        if time.perf_counter() > deadline:
            raise requests.Timeout
    return body


def _said(status: int, body: bytes, took_ms: float) -> ConnectionCheck:
    if 200 <= status < 300:
        count = _models_in(body)
        if count is None:
            return ConnectionCheck(
                False, "It answered, but not with a list of models: the URL may be that of something else."
            )
        models = "1 model" if count == 1 else f"{count:,} models"
        return ConnectionCheck(True, f"It answered in {took_ms:,.0f} ms, took the key, and lists {models}.")
    if status in (401, 403):
        return ConnectionCheck(False, f"It answered, and refused the key (status {status}).")
    if status == 404:
        return ConnectionCheck(
            False, "It answered, but has no list of models there (status 404): check the end of the URL."
        )
    if 300 <= status < 400:
        return ConnectionCheck(False, f"It answered that it is elsewhere (status {status}): enter that URL.")
    return ConnectionCheck(False, f"It answered with status {status}.")


def _models_in(body: bytes) -> int | None:
    """How many models the answer lists; None where it is no such list."""
    try:
        listed = orjson.loads(body)
        return len(listed["models"] if "models" in listed else listed["data"])
    except (ValueError, KeyError, TypeError):
        return None


def _failure(error: Exception, host: str) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return f"The certificate of {host} is not trusted on this machine."
    if isinstance(error, (requests.Timeout, ReadTimeoutError)):
        return f"{host} did not answer within {TIMEOUT_SECONDS:g} seconds."
    if isinstance(error, requests.ConnectionError):
        return f"Nothing answers at {host}: check the name, the port, and that this machine may reach it."
    return f"What came from {host} cannot be read as an answer over HTTP."


def _host(provider: Provider) -> str:
    return host_of(base_url_of(provider.kind, provider.base_url, provider.region))
