"""What cannot be translated: a field of a request, or an answer."""

from __future__ import annotations

from gateway.errors import UpstreamFailed


class Untranslatable(Exception):
    """A field, or its value, that the provider's API has no word for. `reason` may say more."""

    def __init__(self, field: str, reason: str = "") -> None:
        super().__init__(field)
        self.field = field
        self.reason = reason


def unreadable(what: str) -> UpstreamFailed:
    """An answer that is not what the provider's API says."""
    return UpstreamFailed(f"the provider's answer cannot be translated: {what}")
