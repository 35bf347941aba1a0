"""Where telemetry may go, and where what did not arrive waits; both as the environment says."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from urllib.parse import urlsplit

from token_optimizer.errors import ConfigError

# Set to send events, and the key in them, over a network in the clear.
PLAIN_HTTP_VARIABLE = "OPTIMIZER_TELEMETRY_PLAIN_HTTP"
# A folder; set to nothing, no event is ever written to disk.
SPILL_VARIABLE = "OPTIMIZER_TELEMETRY_DIR"


def check_analytics_url(url: str) -> None:
    """ConfigError, naming the scheme or host, where no events can or should be sent to this URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("analytics_url must be an http or https URL with a host")
    if parts.scheme == "https" or _is_loopback(parts.hostname) or os.environ.get(PLAIN_HTTP_VARIABLE):
        return
    raise ConfigError(
        f"analytics_url would send the key to {parts.hostname} in the clear: use https, "
        f"or set {PLAIN_HTTP_VARIABLE}=1"
    )


def spill_folder() -> Path | None:
    """The folder for events that wait; None where none shall be written. By default in the user's own state,
    as the XDG base directory specification has it."""
    named = os.environ.get(SPILL_VARIABLE)
    if named is not None:
        return Path(named) if named else None
    state = os.environ.get("XDG_STATE_HOME")
    try:
        base = Path(state) if state else Path.home() / ".local" / "state"
    except RuntimeError:  # a user without a home
        return None
    return base / "token-optimizer" / "telemetry"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
