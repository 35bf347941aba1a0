"""The site of the documentation has every page, and is built without a warning."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from docs.site.__main__ import GENERATED
from docs.site.events import events_page
from docs.site.pages import UnknownLink, placed_files, stage_pages
from token_optimizer.telemetry.events import EventType

ROOT = Path(__file__).resolve().parents[2]
# What browsers load when they open a page; links that people follow may lead anywhere.
_LOADED = re.compile(r"<(?:script|link|img|iframe)[^>]*?(?:src|href)=[\"']?(https?:[^\"' >]+)")


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    listed = re.findall(r"[\w/-]+\.md", navigation)
    pages = {place for place in placed_files().values() if place.endswith(".md")}
    assert sorted(listed) == sorted(pages | GENERATED.keys())


def test_links_lead_to_where_pages_stand_on_the_site(tmp_path: Path) -> None:
    stage_pages(tmp_path)
    home = (tmp_path / "index.md").read_text()
    assert "](getting-started.md)" in home
    assert "](images/overview.png)" in home
    assert "](examples.md)" in (tmp_path / "library.md").read_text()
    assert "](threat-model.md)" in (tmp_path / "security.md").read_text()


def test_a_link_to_what_is_not_on_the_site_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs.site.pages.BESIDE", {"README.md": "index.md"})
    with pytest.raises(UnknownLink, match="which is not on the site"):
        stage_pages(tmp_path)


def test_the_page_of_events_has_every_type() -> None:
    page = events_page()
    assert all(f"\n## {kind.value}\n" in page for kind in EventType)
    assert "| `optimization.tokens_before` | integer | yes |" in page


@pytest.mark.long
@pytest.mark.skipif(not (ROOT / ".venv-docs/installed").exists(), reason="bin/docs was not run here")
def test_it_is_built_without_a_warning_and_loads_nothing_from_elsewhere() -> None:
    done = subprocess.run(["bin/docs"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for page in (ROOT / "build/docs/site").rglob("*.html"):
        assert _LOADED.findall(page.read_text()) == [], page
