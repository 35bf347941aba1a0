"""The disk that the state lies on, and the versions of the product and its parts."""

from __future__ import annotations

import platform
import shutil
from importlib.metadata import version

from django.conf import settings

from optimizer_app.system.part import Fact, Part, Problem

_MB = 1024**2
_FULL_BYTES = 500 * _MB
_NEARLY_FULL_BYTES = 2_000 * _MB
_PACKAGES = ("Django", "celery", "uvicorn", "genai-prices", "tiktoken")


def disk() -> Part:
    """That of the state folder: the journal, and the embedded servers' data."""
    usage = shutil.disk_usage(settings.STATE_DIR)
    facts = (
        Fact("free", usage.free, "bytes"),
        Fact("of", usage.total, "bytes"),
        Fact("state", str(settings.STATE_DIR)),
    )
    return Part("Disk", facts, _fullness(usage.free))


def _fullness(free: int) -> Problem | None:
    if free >= _NEARLY_FULL_BYTES:
        return None
    return Problem(
        "The disk is nearly full",
        "Once it is, traces are lost and an embedded PostgreSQL stops; requests of known keys go on.",
        "Make room, or let old traces go: OPTIMIZER_TRACE_RETENTION_DAYS says after how many days.",
        grave=free < _FULL_BYTES,
    )


def versions() -> Part:
    """What runs here."""
    facts = (
        Fact("Token Optimizer", settings.VERSION),
        Fact("Python", platform.python_version()),
        *(Fact(name, version(name)) for name in _PACKAGES),
    )
    return Part("Versions", facts)
