"""Why a case was not made, or a version not published.

* CaseRefused: a case that cannot be used, by field
* CasesFailed: regression cases fail under the version
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from optimizer_app.configs.errors import ConfigsError

if TYPE_CHECKING:
    from optimizer_app.releases.runs import CaseResult


class CaseRefused(ValueError):
    """`field` is that of the case that cannot be used."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class CasesFailed(ConfigsError):
    """`failing` has the results of those that fail."""

    def __init__(self, failing: Sequence[CaseResult]) -> None:
        super().__init__(f"{len(failing)} regression case{'' if len(failing) == 1 else 's'} failed")
        self.failing = list(failing)
