"""The clients that a page has lines for, and what fills these: the address, the key, the dialect.

The lines of a client are `templates/dashboard/connecting/<key>.html`: those by which `benchmarks/clients`
drives it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html

from optimizer_app.models import Project, Provider

OPENAI, ANTHROPIC = Provider.Kind.OPENAI.value, Provider.Kind.ANTHROPIC.value


@dataclass(frozen=True, slots=True)
class Client:
    """`speaks` is the one dialect that it has; empty where it has both."""

    key: str
    label: str
    speaks: str = ""

    @property
    def template(self) -> str:
        return f"dashboard/connecting/{self.key}.html"


CLIENTS = (
    Client("curl", "curl"),
    Client("python", "Python"),
    Client("node", "Node"),
    Client("langchain", "LangChain"),
    Client("claude-code", "Claude Code", ANTHROPIC),
    Client("codex", "Codex", OPENAI),
    Client("opencode", "opencode", OPENAI),
    Client("litellm", "LiteLLM"),
)


def connection_of(request: HttpRequest, projects: Iterable[Project], secret: str = "") -> dict[str, Any]:
    """What the lines of the client that `?client=` names are filled with; without a secret a gap for it."""
    kinds = set(Provider.objects.filter(project__in=projects).values_list("kind", flat=True))
    real = kinds - {Provider.Kind.ECHO.value}
    chosen = request.GET.get("client", "")
    client = next((found for found in CLIENTS if found.key == chosen), CLIENTS[0])
    return {
        "clients": CLIENTS,
        "client": client,
        "gateway_url": request.build_absolute_uri("/").rstrip("/"),
        "key_text": secret or format_html("<mark>{}</mark>", "your key"),
        "dialect": client.speaks or (ANTHROPIC if real == {ANTHROPIC} else OPENAI),
        "missing_kind": Provider.Kind(client.speaks).label if _is_missing(client, kinds, real) else "",
    }


def _is_missing(client: Client, kinds: set[str], real: set[str]) -> bool:
    """Whether requests of the client would find no provider: echo answers all that have none."""
    return bool(client.speaks) and kinds == real and bool(real) and client.speaks not in real
