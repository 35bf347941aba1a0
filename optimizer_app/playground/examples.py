"""The example prompts that come with the program."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.conf import settings

from optimizer_app.demo.prompts import DemoError, ExamplePrompt, read_prompts


@cache
def shipped_examples() -> dict[str, ExamplePrompt]:
    """The prompts of `examples/` by their names; none where the folder was not installed."""
    try:
        found = read_prompts(Path(settings.BASE_DIR) / "examples" / "prompts")
    except DemoError:
        return {}
    return {example.name: example for example in found}


def body_text(example: ExamplePrompt) -> str:
    """The example's body as somebody would paste it."""
    return json.dumps(example.body, indent=2, ensure_ascii=False)
