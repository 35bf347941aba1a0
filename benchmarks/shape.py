"""The shape of the code: how large folders, files and functions are, and how imports run, as a table.

    python -m benchmarks.shape            this checkout
    python -m benchmarks.shape FOLDER     another checkout of the project, for a comparison

Migrations are left out. A function's lines are counted from `def` to its end, without its docstring.
"""

from __future__ import annotations

import argparse
import ast
import statistics
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGES = ("config", "gateway", "dashboard", "optimizer_app", "token_optimizer")
# A private function of fewer lines that is called once is often clearer in place.
_SMALL_LINES = 5

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Imports = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Function:
    """One function or method of a file."""

    name: str
    lines: int
    parameters: int
    decorated: bool

    @property
    def is_private(self) -> bool:
        return self.name.startswith("_") and not self.name.endswith("__")


@dataclass(frozen=True)
class SourceFile:
    """A parsed file, `path` relative to the checkout."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @cached_property
    def functions(self) -> list[Function]:
        nodes = (node for node in ast.walk(self.tree) if isinstance(node, FunctionNode))
        return [function_of(node) for node in nodes]

    def small_private_functions_called_once(self) -> list[str]:
        """Those that are named once in their file, and there to be called."""
        named, called = Counter(_names(self.tree)), Counter(_called_names(self.tree))
        return [
            function.name
            for function in self.functions
            if function.is_private and not function.decorated and function.lines < _SMALL_LINES
            if named[function.name] == called[function.name] == 1
        ]


def function_of(node: FunctionNode) -> Function:
    given = node.args
    arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    parameters = [argument.arg for argument in arguments if argument is not None]
    if parameters[:1] in (["self"], ["cls"]):
        parameters = parameters[1:]
    end = node.end_lineno or node.lineno
    return Function(
        node.name, end - node.lineno + 1 - _docstring_lines(node), len(parameters), bool(node.decorator_list)
    )


def _docstring_lines(node: FunctionNode) -> int:
    first = node.body[0]
    if ast.get_docstring(node) is None or first.end_lineno is None:
        return 0
    return first.end_lineno - first.lineno + 1


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _called_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


def source_files(root: Path) -> list[SourceFile]:
    paths = (path for package in PACKAGES for path in sorted((root / package).rglob("*.py")))
    return [
        SourceFile(path.relative_to(root), path.read_text())
        for path in paths
        if "migrations" not in path.relative_to(root).parts
    ]


def circles(imports: Imports) -> list[list[str]]:
    """Groups of names that reach one another by imports, each group sorted; Tarjan's algorithm."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_names: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = lowest[name] = len(order)
        open_names.append(name)
        for other in sorted(imports.get(name, ())):
            if other not in order:
                visit(other)
            if other in open_names:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == order[name]:
            at = open_names.index(name)
            group = sorted(open_names[at:])
            del open_names[at:]
            found.extend([group] if len(group) > 1 else [])

    for name in sorted(imports):
        if name not in order:
            visit(name)
    return sorted(found)


def module_imports(root: Path) -> Imports:
    """Which module imports which, those for types only included."""
    import grimp

    sys.path.insert(0, str(root))
    try:
        graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    finally:
        sys.path.remove(str(root))
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def sibling_imports(imports: Imports) -> Iterator[Imports]:
    """For each package, which of its files and folders imports which other one of them."""
    by_package: dict[str, Imports] = {}
    for module, others in imports.items():
        for other in others:
            mine, theirs = module.split("."), other.split(".")
            shared = sum(1 for _ in _same_start(mine, theirs))
            if 0 < shared < min(len(mine), len(theirs)):
                siblings = by_package.setdefault(".".join(mine[:shared]), {})
                siblings.setdefault(mine[shared], set()).add(theirs[shared])
    for package in sorted(by_package):
        yield by_package[package]


def _same_start(mine: list[str], theirs: list[str]) -> Iterator[str]:
    for one, other in zip(mine, theirs, strict=False):
        if one != other:
            return
        yield one


def contracts(root: Path) -> int:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    return len(project["tool"]["importlinter"]["contracts"])


def percentile(values: Iterable[int], share: float) -> int:
    """The value below which this share of them lies."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def table(root: Path) -> str:
    """What is measured, a row each."""
    files = source_files(root)
    folders = Counter(file.path.parent for file in files)
    fullest, most = max(folders.items(), key=lambda item: item[1])
    largest = max(files, key=lambda file: file.lines)
    functions = [function for file in files for function in file.functions]
    lines = [function.lines for function in functions]
    parameters = [function.parameters for function in functions]
    longest = max(functions, key=lambda function: function.lines)
    widest = max(functions, key=lambda function: function.parameters)
    imports = module_imports(root)
    modules = circles(imports)
    rooms = [group for siblings in sibling_imports(imports) for group in circles(siblings)]
    once = sum(len(file.small_private_functions_called_once()) for file in files)
    rows: list[tuple[str, object]] = [
        ("files, folders", f"{len(files)}, {len(folders)}"),
        ("most files in a folder", f"{most} ({fullest})"),
        ("folders of more than 13 files", sum(count > 13 for count in folders.values())),
        ("largest file", f"{largest.lines} lines ({largest.path})"),
        ("median file", f"{statistics.median_low(file.lines for file in files)} lines"),
        ("functions", len(functions)),
        ("their lines: median, p90", f"{statistics.median_low(lines)}, {percentile(lines, 0.9)}"),
        ("the longest", f"{longest.lines} lines ({longest.name})"),
        ("their parameters: p90, max", f"{percentile(parameters, 0.9)}, {widest.parameters} ({widest.name})"),
        ("circles of modules, modules in them", f"{len(modules)}, {sum(map(len, modules))}"),
        ("circles of folders and files side by side", len(rooms)),
        ("import contracts", contracts(root)),
        (f"private functions under {_SMALL_LINES} lines, called once", once),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.shape", description="How large the code's parts are.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parents[1], help="a checkout")
    print(table(parser.parse_args().folder.resolve()))


if __name__ == "__main__":
    main()
