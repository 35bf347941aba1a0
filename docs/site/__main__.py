"""Writes all pages of the site into a folder, from which `bin/docs` builds it.

python -m docs.site FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from docs.site.endpoints import endpoints_page
from docs.site.events import events_page
from docs.site.examples import examples_page
from docs.site.pages import stage_pages
from docs.site.runs import runs_page

GENERATED = {
    "examples.md": examples_page,
    "reference/endpoints.md": endpoints_page,
    "reference/events.md": events_page,
    "real-runs.md": runs_page,
}


def main(folder: Path) -> None:
    stage_pages(folder)
    for name, page in GENERATED.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
