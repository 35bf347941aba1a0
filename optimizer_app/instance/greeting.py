"""What a start tells the person at the terminal: where it is, how to get in, a call that works as pasted."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from optimizer_app.instance.bootstrap import ADMIN_NAME, Bootstrapped

_EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": ("/v1/chat/completions", {"model": "gpt-4o-mini"}),
    "anthropic": ("/v1/messages", {"model": "claude-haiku-4-5", "max_tokens": 200}),
}
_NOT_KNOWN = "tok_..."


def credentials(made: Bootstrapped) -> list[str]:
    """What is wrong here; the admin's login and the key, each secret only by the start that made it."""
    return [
        *_warnings(made),
        f"Admin login:  {ADMIN_NAME}, password {_shown(made.admin_password, 'OPTIMIZER_ADMIN_PASSWORD')}",
        f"API key:      {_shown(made.api_key, 'OPTIMIZER_BOOTSTRAP_KEY')}",
    ]


def _warnings(made: Bootstrapped) -> list[str]:
    if not made.unreadable_secrets:
        return []
    return [
        f"Warning:      {made.unreadable_secrets} keys of providers were encrypted under another "
        "OPTIMIZER_ENCRYPTION_KEY, so requests to them fail here. All machines on one database need the same "
        "one, and the same DJANGO_SECRET_KEY."
    ]


def first_call(made: Bootstrapped, url: str) -> str:
    """A curl line in the dialect of the first provider. A key that was given is named, not shown."""
    path, fields = _EXAMPLES[made.dialect]
    body = {**fields, "messages": [{"role": "user", "content": "Hello! Hello! Hello! What is a token?"}]}
    key = made.api_key or ("$OPTIMIZER_BOOTSTRAP_KEY" if settings.BOOTSTRAP_KEY else _NOT_KNOWN)
    return (
        f'curl {url}{path} -H "Authorization: Bearer {key}" '
        f"-H 'Content-Type: application/json' -d '{json.dumps(body)}'"
    )


def local_host() -> str:
    """The host under which this machine reaches the instance."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104


def local_url() -> str:
    """Where a browser on this machine finds the instance."""
    host = local_host()
    return f"http://[{host}]:{settings.PORT}" if ":" in host else f"http://{host}:{settings.PORT}"


def _shown(made_up: str | None, variable: str) -> str:
    if made_up:
        return f"{made_up}  (shown only this once)"
    given = settings.ADMIN_PASSWORD if variable == "OPTIMIZER_ADMIN_PASSWORD" else settings.BOOTSTRAP_KEY
    return f"as set in {variable}" if given else "as shown by the first start"
