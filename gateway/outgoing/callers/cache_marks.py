"""Where a caller ends a cached prefix: `cache_control` of Anthropic's, `prompt_cache_breakpoint` of OpenAI's."""

from __future__ import annotations

from gateway.outgoing.pivot.conversation import Lifetime
from gateway.outgoing.pivot.fields import Fields


def cache_mark(fields: Fields) -> Lifetime | None:
    """For how long the provider is to keep the prompt up to this part; None where it is not marked."""
    control, breakpoint = fields.object("cache_control"), fields.object("prompt_cache_breakpoint")
    if breakpoint is not None:
        # OpenAI's are thirty minutes and longer.
        return "1h"
    if control is None:
        return None
    return "1h" if control.take("ttl") == "1h" else "5m"
