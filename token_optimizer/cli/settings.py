"""The config that a command works by: a preset, or a file of fields."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import Any

import orjson

from token_optimizer.cli.errors import InputError
from token_optimizer.cli.reading import read_bytes
from token_optimizer.config import PRESETS, OptimizerConfig


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """The options by which a command's config is chosen."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--preset", choices=tuple(PRESETS), default="balanced", help="(default: balanced)")
    choice.add_argument("--config", metavar="FILE", help="config fields, as TOML (*.toml) or JSON")


def config_of(options: argparse.Namespace) -> OptimizerConfig:
    """The config that the options name."""
    if options.config:
        return OptimizerConfig.from_fields(_fields(options.config))
    return OptimizerConfig.preset(options.preset)


def count(text: str) -> int:
    """A whole number of at least 1, as an argument."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


def _fields(name: str) -> dict[str, Any]:
    data = read_bytes(name)
    try:
        found = tomllib.loads(data.decode()) if Path(name).suffix == ".toml" else orjson.loads(data)
    except ValueError as error:
        raise InputError(f"{name}: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"{name}: config fields must be an object, not {type(found).__name__}")
    return found
