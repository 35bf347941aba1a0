"""Whether what an answer needs is still in what the gateway would send: asked of `POST /v1/optimize`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import requests

from optimizer_app.demo.prompts import DemoError
from optimizer_app.demo.sending import ANSWER_TIMEOUT_SECONDS

_PROMPT_FIELDS = ("model", "system", "tools", "messages")


def optimized_body(body: Mapping[str, Any], url: str, key: str) -> dict[str, Any]:
    """The prompt of the body as it would be sent; nothing is forwarded."""
    prompt = {name: body[name] for name in _PROMPT_FIELDS if name in body}
    headers = {"Authorization": f"Bearer {key}"}
    try:
        answer = requests.post(
            f"{url}/v1/optimize", json=prompt, headers=headers, timeout=ANSWER_TIMEOUT_SECONDS
        )
        answer.raise_for_status()
    except requests.RequestException as error:
        raise DemoError(f"the gateway did not optimize: {error}") from None
    found = answer.json()
    return {**body, **{name: found[name] for name in _PROMPT_FIELDS if found.get(name) is not None}}


def kept_needs(body: Mapping[str, Any], needs: Sequence[str]) -> int:
    """How many of the needs stand in the texts of the body."""
    text = "\n".join(_texts(body))
    return sum(need in text for need in needs)


def _texts(value: object) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
        return
    inner: Iterable[object] = ()
    if isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    for item in inner:
        yield from _texts(item)
