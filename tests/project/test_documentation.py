"""The documentation names what is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.shape import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# A stranger finds a file among so many.
MAX_MODULES = 13
# Others' libraries, data, what is made at run time; the folders of the tests are those of the code.
_WITHOUT_A_LINE = {"vendor", "state", "staticfiles", "build", "dist", "__pycache__"}
# The new files of the examples on the page of the architecture.
_MADE_UP = re.compile(r"tracking\.py$|/alerts/|/alerts\.css$")
_LINE = re.compile(r"( *)([\w-]+)/ {2,}\S.*")


def _in_tree(text: str) -> Iterator[str]:
    """The folders of the tree, each with those above it."""
    above: list[str] = []
    for line in re.search(r"```\n(.*?)```", text, re.DOTALL)[1].splitlines():
        indent, name = _LINE.fullmatch(line).groups()
        del above[len(indent) // 2 :]
        above.append(name)
        yield "/".join(above)


def _has_a_line(name: str) -> bool:
    return not name.startswith(".") and name not in _WITHOUT_A_LINE


def _folders(at: Path) -> Iterator[str]:
    for path in sorted(at.iterdir()):
        if path.is_dir() and path != ROOT / "examples/prompts" and _has_a_line(path.name):
            inside = [] if path == ROOT / "tests" else list(_folders(path))
            # A folder that has moved away leaves its bytecode behind.
            if inside or any(found.is_file() for found in path.iterdir()):
                yield path.relative_to(ROOT).as_posix()
                yield from inside


@pytest.mark.parametrize("package", [*PACKAGES, "benchmarks", "tests"])
def test_no_folder_has_more_than_a_dozen_modules(package: str) -> None:
    files = [file for file in (ROOT / package).rglob("*.py") if "migrations" not in file.parts]
    of_folders = Counter(file.parent for file in files if file.name != "__init__.py")
    assert {str(folder): count for folder, count in of_folders.items() if count > MAX_MODULES} == {}


def test_the_tree_has_every_folder() -> None:
    listed = list(_in_tree((ROOT / "docs" / "architecture.md").read_text()))
    there = [folder for folder in _folders(ROOT) if not folder.endswith(".egg-info")]
    assert sorted(listed) == sorted(there)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = re.findall(r"`([\w.-]+(?:/[\w.-]+)+/?)`", page.read_text())
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"state"}
    ours = [name for name in named if name.split("/")[0] in folders and not _MADE_UP.search(name)]
    assert [name for name in ours if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target, _, anchor in re.findall(r"\]\(([^)#:]*)(#?)([^):]*)\)", page.read_text()):
        path = page.parent / target if target else page
        assert path.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
