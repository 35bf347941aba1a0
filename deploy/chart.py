"""The Helm chart, and the plain files that are rendered from it."""

from __future__ import annotations

import hashlib
from pathlib import Path

CHART = Path(__file__).parent / "helm/token-optimizer"
PLAIN = Path(__file__).parent / "kubernetes"


def digest() -> str:
    """Changes with any file of the chart."""
    found = hashlib.sha256()
    for path in sorted(path for path in CHART.rglob("*") if path.is_file()):
        found.update(path.relative_to(CHART).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()
