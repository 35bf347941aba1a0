"""What a reader has to know of each field of OptimizerConfig: title, unit, range, effect on cost and risk."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from token_optimizer.config import (
    PROVIDER_CACHE_MODES,
    READ_BACK_MODES,
    RESPONSE_CACHE_MODES,
    SUMMARIZERS,
    TOOL_DEFERRAL_MODES,
    TOOL_DESCRIPTION_MODES,
    TUNING_MODES,
    OptimizerConfig,
)

GROUPS = ("Budget", "Cuts", "Select", "Compress", "Cache", "Tools", "Privacy", "Learning", "Events")
_CHOICES = {
    "provider_cache": PROVIDER_CACHE_MODES,
    "response_cache": RESPONSE_CACHE_MODES,
    "read_back": READ_BACK_MODES,
    "summarizer": SUMMARIZERS,
    "tool_deferral": TOOL_DEFERRAL_MODES,
    "tool_descriptions": TOOL_DESCRIPTION_MODES,
    "tuning": TUNING_MODES,
}


class Kind(StrEnum):
    """What a value is."""

    FLAG = "flag"
    WHOLE = "whole number"
    DECIMAL = "number"
    CHOICE = "choice"
    TEXT = "text"
    LINES = "lines"
    PAIRS = "pairs"


class Scope(StrEnum):
    """Where a field has an effect: in library and service, in the library alone, or nowhere yet."""

    EVERYWHERE = "everywhere"
    LIBRARY = "library only"
    NOWHERE = "no effect yet"


@dataclass(frozen=True, slots=True)
class ConfigField:
    """`effect` says what the field does to cost and risk. Of a dict `key` is the only entry with an effect.
    `empty` says what it means that an optional field has no value."""

    name: str
    kind: Kind
    optional: bool
    group: str
    title: str
    effect: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    key: str = ""
    empty: str = ""
    scope: Scope = Scope.EVERYWHERE

    @property
    def range(self) -> str:
        """Which values can be used, where not all of the kind can."""
        if self.maximum is not None:
            return f"{self.minimum} to {self.maximum}"
        return f"at least {self.minimum}" if self.minimum else ""

    @property
    def measure(self) -> str:
        """Unit and range, as they stand beside the field."""
        return ", ".join(filter(None, (self.unit, self.range)))


def _kind(name: str, annotation: str) -> Kind:
    if name in _CHOICES:
        return Kind.CHOICE
    kinds = {
        "bool": Kind.FLAG,
        "list": Kind.LINES,
        "int": Kind.WHOLE,
        "float": Kind.DECIMAL,
        "str": Kind.TEXT,
    }
    value = annotation.removeprefix("dict[str, ")
    return next(kind for start, kind in kinds.items() if value.startswith(start))


def _field(item: dataclasses.Field[Any], described: dict[str, Any]) -> ConfigField:
    annotation = str(item.type)
    more = {**described, "scope": Scope(described.get("scope", Scope.EVERYWHERE))}
    # Of a dict without an entry of its own in the form, all entries can be set.
    is_whole_dict = annotation.startswith("dict") and "key" not in described
    kind = Kind.PAIRS if is_whole_dict else _kind(item.name, annotation)
    choices = tuple(_CHOICES.get(item.name, ()))
    return ConfigField(item.name, kind, "None" in annotation, choices=choices, **more)


def _fields() -> dict[str, ConfigField]:
    """In the order of the file, which is that in which a reader meets them."""
    described = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    model = {item.name: item for item in dataclasses.fields(OptimizerConfig)}
    return {name: _field(model[name], fields) for name, fields in described.items()}


FIELDS = _fields()
# Those that a config of the service can set.
SERVICE_FIELDS = {name: field for name, field in FIELDS.items() if field.scope is Scope.EVERYWHERE}
