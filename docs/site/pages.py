"""The pages of the repository as pages of the site: copied, with links that lead to their places there."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
# Pages and files of the repository beside those of docs/, and where they stand on the site.
BESIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "LICENSE": "license.txt",
    "token_optimizer/telemetry/events.schema.json": "events.schema.json",
}
# Written from the code, where links of the repository's pages lead to a folder.
_WRITTEN = {"examples": "examples.md"}
_LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)")
_MADE_HERE = "site/"


class UnknownLink(Exception):
    """A page links to a file of the repository that the site does not have."""


def stage_pages(folder: Path) -> None:
    """Every page and picture, below the folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, place in placed_files().items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            path.write_text(_with_links_of_the_site(name, place), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / name, path)


def placed_files() -> dict[str, str]:
    """Where each file of the repository stands on the site, by their paths."""
    docs = ROOT / "docs"
    found = [path.relative_to(docs).as_posix() for path in sorted(docs.rglob("*.*")) if path.is_file()]
    inside = {f"docs/{name}": name for name in found if not name.startswith(_MADE_HERE)}
    return {**inside, **{name: place for name, place in BESIDE.items() if (ROOT / name).exists()}}


def _with_links_of_the_site(name: str, place: str) -> str:
    def placed(match: re.Match[str]) -> str:
        return f"]({_target(name, place, match[1])}{match[2] or ''})"

    return _LINK.sub(placed, (ROOT / name).read_text(encoding="utf-8"))


def _target(name: str, place: str, link: str) -> str:
    """Where a link of the page `name` leads from `place`."""
    meant = os.path.normpath(PurePosixPath(name).parent / link)
    target = {**placed_files(), **_WRITTEN}.get(meant)
    if target is None:
        raise UnknownLink(f"{name} links to {link}, which is not on the site (docs/site/pages.py)")
    return os.path.relpath(target, PurePosixPath(place).parent)
