"""Which requests may be answered from the cache, and the name under which their answer is kept.

Only a request whose whole answer follows from what it sends: nothing that the provider stores, runs in the
background, or goes on from, no tool that the provider runs itself, and one choice. Without force, only where
the temperature is 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from gateway.requests.prompt import PromptRequest

_KEY_BYTES = 32
# What stands at the provider, or outside, and is not in the body.
_ELSEWHERE = ("background", "previous_response_id", "conversation", "prompt", "container", "mcp_servers")
_OWN_TOOLS = frozenset({"function", "custom"})
# Headers on which an answer depends: versions, features, and whose account is asked.
_HEADERS = (
    "anthropic-beta",
    "anthropic-version",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "x-provider-authorization",
)


def may_be_cached(request: PromptRequest) -> bool:
    """Whether the config and the request allow it."""
    body, wanted = request.body, request.named.config.response_cache
    if wanted == "off" or request.unwritable:
        return False
    if wanted == "temperature_0" and not _is_zero(body.get("temperature")):
        return False
    return body.get("n") in (None, 1) and not _is_stored(request) and not _depends_on_more(body)


def answer_key(secret: str, names: Sequence[str], headers: Mapping[str, str], prompt: bytes) -> str:
    """The name of an answer: a hash under the project's secret of all that determines it. `names` say who is
    asked for what, `prompt` is the body without what is added for the provider's cache."""
    parts = [*names, *(headers.get(name, "") for name in _HEADERS)]
    hashed = hashlib.blake2b(orjson.dumps(parts), key=secret.encode()[:64], digest_size=_KEY_BYTES)
    hashed.update(prompt)
    return hashed.hexdigest()


def _is_zero(temperature: object) -> bool:
    return isinstance(temperature, int | float) and not isinstance(temperature, bool) and temperature == 0


def _is_stored(request: PromptRequest) -> bool:
    """Whether the provider keeps the answer, to be asked for by its id: responses unless they say no."""
    store = request.body.get("store")
    return store is not False if request.dialect == "responses" else bool(store)


def _depends_on_more(body: Mapping[str, Any]) -> bool:
    return any(body.get(name) for name in _ELSEWHERE) or not _are_own(body.get("tools") or ())


def _are_own(tools: object) -> bool:
    """Whether the client runs the tools itself. The provider's own look at what changes."""
    if not isinstance(tools, Sequence):
        return False
    return all(isinstance(tool, Mapping) and tool.get("type", "custom") in _OWN_TOOLS for tool in tools)
