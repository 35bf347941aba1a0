"""The example prompts of `examples/prompts/`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from token_optimizer.models import Dialect


class DemoError(Exception):
    """The demo cannot go on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ExamplePrompt:
    """One file of examples/prompts/: a request body in its dialect. `needs` are the texts in it that the
    answer relies on; `whole` says why nothing of it is to be cut."""

    name: str
    about: str
    dialect: Dialect
    body: Mapping[str, Any]
    needs: Sequence[str] = ()
    whole: str = ""


def read_prompts(folder: Path) -> list[ExamplePrompt]:
    """The prompts of a folder, by file name; DemoError where there are none."""
    found = [ExamplePrompt(**json.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.json"))]
    if not found:
        raise DemoError(f"there are no prompts in {folder}")
    return found
