"""Single settings over a config, as somebody types them: one `field = value` a line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from optimizer_app.configs.check import problem
from token_optimizer.config import OptimizerConfig

_WORDS = {"on": True, "off": False, "empty": None}


class SettingsRefused(ValueError):
    """A line that cannot be used; the message says which, and why."""


def settings_of(text: str) -> dict[str, Any]:
    """The fields that the lines set. Values are JSON, words as they are, or `on`, `off` and `empty`."""
    return dict(_settings(text))


def with_settings(config: OptimizerConfig, settings: dict[str, Any]) -> OptimizerConfig:
    """The config with these fields replaced; ConfigError where they do not go together."""
    return OptimizerConfig.from_fields({**dataclasses.asdict(config), **settings}) if settings else config


def _settings(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign:
            raise SettingsRefused(f"Line {number}: write it as field = value")
        read = _value(value)
        if reason := problem(name, read):
            raise SettingsRefused(f"Line {number}: {name} {reason}")
        yield name, read


def _value(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    try:
        return json.loads(text)
    except ValueError:
        return text
