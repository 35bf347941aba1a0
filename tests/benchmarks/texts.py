"""The real texts of our own that cases are made from: logs, build output, catalogs, packages, tools, docs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_COLOUR = re.compile(r"\x1b(?:\[[\d;]*m|\(B)")
ROOT = Path(__file__).parents[2]
Row = Mapping[str, Any]


def service_log() -> list[str]:
    """Lines of a uvicorn server's log with two tracebacks."""
    return _longest_text("service-log").splitlines()


def database_log() -> list[str]:
    """Lines of a PostgreSQL server's log: slow statements, a deadlock, a crash and the recovery."""
    text = _longest_text("database-log")
    return [line for line in text.splitlines() if line[:4] == "2026" or line[:1] == "\t"]


def build_steps() -> list[list[str]]:
    """The lines of a failed build without colours, step by step: each opens with the command that ran."""
    steps: list[list[str]] = []
    for line in _COLOUR.sub("", _longest_text("ci-log").split("```")[1]).strip().split("\n"):
        if line.startswith("+ ") or not steps:
            steps.append([])
        steps[-1].append(line)
    return steps


def database_settings() -> list[Row]:
    """Rows of pg_settings."""
    return _rows("database-settings")


def table_statistics() -> list[Row]:
    """Rows of PostgreSQL's statistics, one for each table and index."""
    return [row for row in _rows("table-statistics") if "relname" in row]


def packages() -> list[Row]:
    """What is installed, one row a package."""
    return _rows("package-list")


def tools() -> list[dict[str, Any]]:
    """The tools of an assistant that operates this service."""
    return _body("many-tools")["tools"]


def doc_sections() -> Iterator[tuple[str, str, str]]:
    """Page, heading and text of every section of our docs."""
    for page in sorted((ROOT / "docs").glob("*.md")):
        for section in page.read_text("utf-8").split("\n## ")[1:]:
            heading, _, text = section.partition("\n")
            yield page.stem, heading.strip(), text.strip()


def sources() -> dict[str, str]:
    """The library's rules and stages by path."""
    files = sorted((ROOT / "token_optimizer").rglob("*.py"))
    texts = {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in files}
    return {path: text for path, text in texts.items() if 1_000 < len(text) < 12_000}


@lru_cache
def _body(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "examples" / "prompts" / f"{name}.json").read_text("utf-8"))["body"]


def _longest_text(name: str) -> str:
    return max(_texts(_body(name)["messages"]), key=len)


def _texts(value: Any) -> Iterator[str]:
    """Every string in the value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _rows(name: str) -> list[Row]:
    text = _longest_text(name)
    return json.loads(text[text.index("[") : text.rindex("]") + 1])
