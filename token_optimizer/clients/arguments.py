"""What calls take beside the SDK's own arguments, and for how long events are waited for."""

from __future__ import annotations

OWN_ARGUMENTS = ("documents", "query", "budget_tokens")
# What an SDK's `extra_body` may hold for us; it is taken out of it.
OWN_FIELD = "token_optimizer"
SYNC_FLUSH_SECONDS = 5.0
