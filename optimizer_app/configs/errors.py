"""Why a change to a config was refused.

* ConfigsError
  - FieldsRefused: values that cannot be used, by field
"""

from __future__ import annotations

from collections.abc import Mapping


class ConfigsError(Exception):
    """The parent of them all."""


class FieldsRefused(ConfigsError):
    """`problems` says of each field why its value cannot be used."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in problems.items()))
        self.problems = dict(problems)
