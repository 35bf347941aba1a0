"""Bounds on the templates and the rooms of the pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.shell.navigation import NAVIGATION
from dashboard.urls import urlpatterns

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "templates"
MAX_LINE = 120
MAX_FILES = 13


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.stem)
def test_lines_are_short(template: Path) -> None:
    lines = template.read_text().splitlines()
    assert [line for line in lines if len(line) > MAX_LINE] == []


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.stem)
def test_comments_end_in_their_line(template: Path) -> None:
    """A comment over several lines is text to Django, and stands on the page."""
    lines = template.read_text().splitlines()
    assert [line for line in lines if line.count("{#") != line.count("#}")] == []


@pytest.mark.parametrize("room", ["dashboard", "templates", "static", "tests/dashboard", "tests/browser"])
def test_folders_are_small(room: str) -> None:
    folders = [folder for folder in [ROOT / room, *(ROOT / room).rglob("*")] if folder.is_dir()]
    sizes = {folder: sum(item.is_file() for item in folder.iterdir()) for folder in folders}
    assert {str(folder): size for folder, size in sizes.items() if size > MAX_FILES} == {}


def test_every_link_leads_to_a_page_with_templates_and_tests_of_its_own() -> None:
    links = [link for part in NAVIGATION for link in part.links]
    assert {link.name for link in links} <= {pattern.name for pattern in urlpatterns}
    assert len({link.key for link in links}) == len(links)
    for link in links:
        for room in ("dashboard", "templates/dashboard", "tests/dashboard"):
            assert (ROOT / room / link.name).is_dir()
