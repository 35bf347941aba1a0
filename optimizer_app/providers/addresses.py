"""Where each kind of provider lies, and in which header it takes its key."""

from __future__ import annotations

from optimizer_app.models import Provider

# With the SDKs an OpenAI base URL ends in /v1, an Anthropic one does not.
DEFAULT_BASE_URLS = {
    Provider.Kind.OPENAI: "https://api.openai.com/v1",
    Provider.Kind.ANTHROPIC: "https://api.anthropic.com",
}
_ANTHROPIC_OAUTH_PREFIX = "sk-ant-oat"


def key_headers(kind: str, secret: str) -> list[tuple[str, str]]:
    """The header with the key, which this kind of provider reads; none without a key."""
    if not secret:
        return []
    if kind == Provider.Kind.ANTHROPIC and not secret.startswith(_ANTHROPIC_OAUTH_PREFIX):
        return [("x-api-key", secret)]
    return [("authorization", f"Bearer {secret}")]
