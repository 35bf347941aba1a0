"""Where a caller ends a cached prefix: Anthropic's `cache_control`, OpenAI's `prompt_cache_breakpoint`."""

from __future__ import annotations

from gateway.translation.pivot.conversation import Lifetime
from gateway.translation.pivot.fields import Fields


def cache_mark(fields: Fields) -> Lifetime | None:
    """For how long the provider is to keep the prompt up to this part; None where it is not marked."""
    control, breakpoint = fields.inner("cache_control"), fields.inner("prompt_cache_breakpoint")
    if breakpoint is not None:
        # OpenAI's are thirty minutes and longer.
        return "1h"
    if control is None:
        return None
    return "1h" if control.take("ttl") == "1h" else "5m"
