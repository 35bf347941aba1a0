"""The page with the programs of `examples/`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from docs.site.pages import ROOT


def examples_page() -> str:
    """Each program with what it says of itself."""
    files = sorted((ROOT / "examples").glob("*.py"))
    return "\n".join(["# Examples", "", *(line for file in files for line in _section(file))])


def _section(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    yield from (f"## {file.stem}", "", ast.get_docstring(ast.parse(text)) or "", "")
    yield from (f'```python title="examples/{file.name}"', text.rstrip(), "```", "")
