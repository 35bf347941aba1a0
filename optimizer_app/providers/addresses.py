"""Where each kind of provider lies, and in which header it takes its key."""

from __future__ import annotations

from optimizer_app.models import Provider

# With the SDKs an OpenAI base URL ends in /v1, an Anthropic one does not.
DEFAULT_BASE_URLS = {
    Provider.Kind.OPENAI: "https://api.openai.com/v1",
    Provider.Kind.ANTHROPIC: "https://api.anthropic.com",
    Provider.Kind.GEMINI: "https://generativelanguage.googleapis.com",
    # With a region of its own each provider has an address of its own.
    Provider.Kind.BEDROCK: "https://bedrock-runtime.us-east-1.amazonaws.com",
}
DEFAULT_REGION = "us-east-1"
_ANTHROPIC_OAUTH_PREFIX = "sk-ant-oat"


def base_url_of(kind: str, base_url: str, region: str = "") -> str:
    """Where a provider lies: as configured, else where its kind does, in its region."""
    if base_url:
        return base_url.rstrip("/")
    default = DEFAULT_BASE_URLS[Provider.Kind(kind)]
    return default.replace(DEFAULT_REGION, region) if region else default


def key_headers(kind: str, secret: str) -> list[tuple[str, str]]:
    """The header with the key, which this kind of provider reads; none without a key."""
    if not secret:
        return []
    if kind == Provider.Kind.ANTHROPIC and not secret.startswith(_ANTHROPIC_OAUTH_PREFIX):
        return [("x-api-key", secret)]
    if kind == Provider.Kind.GEMINI:
        return [("x-goog-api-key", secret)]
    return [("authorization", f"Bearer {secret}")]
