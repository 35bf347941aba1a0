"""Values that somebody sends, checked field by field before they are stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from optimizer_app.configs.errors import FieldsRefused
from optimizer_app.configs.values import ConfigValues
from token_optimizer.config import PRESETS, OptimizerConfig
from token_optimizer.config_fields import FIELDS, SERVICE_FIELDS
from token_optimizer.errors import ConfigError


def checked(preset: object, fields: Mapping[str, Any]) -> ConfigValues:
    """The values, of which all can be used; FieldsRefused names those that cannot."""
    problems = {name: reason for name, value in fields.items() if (reason := problem(name, value))}
    if not isinstance(preset, str) or preset not in PRESETS:
        problems["preset"] = f"must be one of {', '.join(PRESETS)}"
    if problems:
        raise FieldsRefused(problems)
    return ConfigValues.differing(str(preset), fields)


def problem(name: str, value: object) -> str:
    """Why the field cannot have this value; empty where it can."""
    if name not in FIELDS:
        return "is no field of a config"
    if name not in SERVICE_FIELDS:
        return f"cannot be set here: {FIELDS[name].scope}"
    if not is_storable(value):
        return "holds characters that cannot be stored"
    try:
        OptimizerConfig.from_fields({name: value})
    except (ConfigError, TypeError) as error:
        entry = f"{name}[{FIELDS[name].key!r}]"
        return str(error).removeprefix(entry).removeprefix(name).strip()
    return ""


def is_storable(value: object) -> bool:
    """Whether PostgreSQL takes it: a NUL is no character of its texts, and half of a pair is none at all."""
    text = json.dumps(value, ensure_ascii=False)
    return "\\u0000" not in text and text.encode("utf-8", "ignore").decode() == text
