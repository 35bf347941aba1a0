"""`up`, `demo` and `manage`: the service's own commands, run by the service where it lies.

The wheel has the service in a folder of its own, laid out as a clone is; in a clone it is the clone.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from token_optimizer.cli.errors import InputError

INSTALLED_FOLDER = "token_optimizer_service"
_STATE, _STATIC = "OPTIMIZER_STATE_DIR", "OPTIMIZER_STATIC_ROOT"
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_up(commands: Commands) -> Callable[..., int]:
    """`up` takes what `manage.py up` does, as the other commands here."""
    _add(commands, "up", "start the gateway with its pages, in the foreground")
    return lambda options: run_service(["up", *options.rest])


def add_demo(commands: Commands) -> Callable[..., int]:
    _add(commands, "demo", "send example prompts through the running gateway")
    return lambda options: run_service(["demo", *options.rest])


def add_manage(commands: Commands) -> Callable[..., int]:
    _add(commands, "manage", "run another of the service's commands")
    return lambda options: run_service(options.rest)


def _add(commands: Commands, name: str, help_text: str) -> None:
    commands.add_parser(name, help=help_text, add_help=False).set_defaults(takes_rest=True)


def run_service(arguments: Sequence[str]) -> int:
    """Become the service's command; InputError where the service is not installed."""
    folder = service_folder(Path(__file__).resolve().parents[2])
    if folder is None or find_spec("django") is None:
        raise InputError("the service is not installed: pip install 'token-optimizer[service]'")
    environment = {**os.environ, **_defaults(folder)}
    sys.stdout.flush()
    os.execve(  # noqa: S606
        sys.executable, [sys.executable, str(folder / "manage.py"), *arguments], environment
    )


def service_folder(beside: Path) -> Path | None:
    """The folder of the service, from that in which the library lies; None where there is no service."""
    for folder in (beside / INSTALLED_FOLDER, beside):
        if (folder / "manage.py").is_file() and (folder / "optimizer_app").is_dir():
            return folder
    return None


def _defaults(folder: Path) -> dict[str, str]:
    """Where an installed service keeps its state: not among the packages. A clone keeps it in itself."""
    if folder.name != INSTALLED_FOLDER:
        return {}
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    state = os.environ.get(_STATE) or f"{data}/token-optimizer"
    return {_STATE: state, _STATIC: os.environ.get(_STATIC) or f"{state}/staticfiles"}
