"""Which paths are the gateway's, and what those mean that clients build from another base URL.

    /v1/chat/completions                     as it stands
    /chat/completions, /v1/v1/messages       the base URL lacked `/v1`, or had it twice
    /v1/chat/completions/, /v1//messages     a slash too many
    /openai/v1/responses                     Azure's
    /openai/deployments/gpt/chat/completions    Azure's older ones: the deployment names the model

What only ends like an endpoint (`/llm/chat/completions`) is refused with the path that is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

MCP_PATH = "/mcp"
# Ours, wherever a client's base URL ends.
OWN_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/api/v1/events"})
# Known without a look at their parts.
_COMPLETIONS = frozenset({"/v1/chat/completions", "/v1/messages", "/v1/responses"})
# What the gateway and the providers have right under /v1. No page of ours has such a path.
_ROOMS = frozenset(
    {
        "audio",
        "batches",
        "chat",
        "completions",
        "compress",
        "embeddings",
        "files",
        "images",
        "ingest",
        "messages",
        "models",
        "moderations",
        "optimize",
        "read_back",
        "responses",
    }
)
_DEPLOYMENT = re.compile(r"/openai/deployments/([^/]+)/(.+)")
_BASE = re.compile(r"^(?:/+openai(?=/))?(?:/+v1(?=/))*/+")
_ENDPOINT = re.compile(r"/(?:chat/completions|completions|embeddings|messages|responses)/?$")
_AZURE_VERSION = re.compile(r"(?:^|&)api-version=[^&]*")


@dataclass(frozen=True, slots=True)
class Meaning:
    """The path that a client means, mostly under /v1/, and the model that its path names."""

    path: str
    deployment: str = ""


def meaning_of(path: str) -> Meaning | None:
    """What a path means; None where it is none of the gateway's. Paths may be quoted or not."""
    if found := _DEPLOYMENT.fullmatch(path):
        return Meaning("/v1/" + found[2].rstrip("/"), unquote(found[1]))
    if path.rstrip("/") == MCP_PATH:
        return Meaning(MCP_PATH)
    rest = _BASE.sub("", path)
    if rest.partition("/")[0] in _ROOMS:
        return Meaning("/v1/" + rest.rstrip("/"))
    return Meaning(path) if path.startswith("/v1/") else None


def is_gateway_path(path: str) -> bool:
    """Whether the gateway answers the path: it is served there, or refused with the one that is right."""
    if path in _COMPLETIONS:
        return True
    known = path in OWN_PATHS or path == "/v1" or meaning_of(path) is not None
    return known or _ENDPOINT.search(path) is not None


def right_path(path: str) -> str:
    """The path to name to a client that asked for one that there is not; empty where none is meant."""
    found = _ENDPOINT.search(path)
    return "/v1" + found[0].rstrip("/") if found else ""


class CanonicalPaths:
    """Middleware that gives each request the path that is meant."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (meaning := meaning_of(scope["path"])):
            scope = _with_path(scope, meaning)
        await self._app(scope, receive, send)


def _with_path(scope: Scope, meaning: Meaning) -> Scope:
    if meaning.path == scope["path"]:
        return scope
    # Quoted as it came, so that nothing is quoted twice on its way to the provider.
    raw = meaning_of((scope.get("raw_path") or scope["path"].encode()).decode("latin-1")) or meaning
    query = scope.get("query_string") or b""
    if meaning.deployment:
        query = _AZURE_VERSION.sub("", query.decode("latin-1")).lstrip("&").encode("latin-1")
    return {
        **scope,
        "path": meaning.path,
        "raw_path": raw.path.encode("latin-1"),
        "query_string": query,
        "deployment": meaning.deployment,
    }
