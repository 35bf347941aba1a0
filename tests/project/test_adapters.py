"""Every adapter has a snippet, an extra and a program that tries it; the snippets name what is there."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

from benchmarks.adapters.adapters import ADAPTERS
from benchmarks.adapters.snippets import adapter_snippets

ROOT = Path(__file__).resolve().parents[2]
ROOM = ROOT / "token_optimizer" / "adapters"
# What several adapters share.
SHARED = {"__init__", "documents", "prompts", "pydantic_ai_messages"}


def names_in(module: str) -> set[str]:
    tree = ast.parse((ROOM / f"{module}.py").read_text())
    return {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


def test_every_adapter_is_documented_and_tried() -> None:
    modules = {path.stem for path in ROOM.glob("*.py")} - SHARED
    assert modules == adapter_snippets().keys() == {adapter.framework.module for adapter in ADAPTERS}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {adapter.framework.extra for adapter in ADAPTERS} <= extras.keys()
    programs = {path.name for path in (ROOT / "benchmarks/adapters/programs").glob("*.py")}
    assert programs == {adapter.program for adapter in ADAPTERS}


def test_snippets_import_what_the_adapters_have() -> None:
    for module, codes in adapter_snippets().items():
        imported = {
            alias.name
            for code in codes
            for node in ast.walk(ast.parse(code))
            if isinstance(node, ast.ImportFrom) and node.module == f"token_optimizer.adapters.{module}"
            for alias in node.names
        }
        assert imported
        assert imported <= names_in(module)
