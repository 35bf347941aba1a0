"""What a config sets: a preset, and the fields that differ from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from optimizer_app.models import ConfigDraft, ConfigVersion, OptimizationConfig
from token_optimizer.config import OptimizerConfig
from token_optimizer.config_fields import SERVICE_FIELDS


def preset_values(preset: str) -> dict[str, Any]:
    """The fields of a preset as the service has it."""
    return dataclasses.asdict(OptimizationConfig(preset=preset).as_optimizer_config())


@dataclass(frozen=True, slots=True)
class ConfigValues:
    """`fields` has those that differ from the preset."""

    preset: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, row: OptimizationConfig | ConfigVersion | ConfigDraft) -> Self:
        """What is stored, without the fields that are as the preset has them."""
        return cls.differing(row.preset, row.fields)

    @classmethod
    def differing(cls, preset: str, fields: Mapping[str, Any]) -> Self:
        of_preset = preset_values(preset)
        return cls(preset, {k: v for k, v in fields.items() if k not in of_preset or of_preset[k] != v})

    def whole(self) -> dict[str, Any]:
        """The value of every field that a config of the service can set."""
        of_preset = preset_values(self.preset)
        return {name: self.fields.get(name, of_preset[name]) for name in SERVICE_FIELDS}

    def as_optimizer_config(self) -> OptimizerConfig:
        return OptimizationConfig(preset=self.preset, fields=dict(self.fields)).as_optimizer_config()
