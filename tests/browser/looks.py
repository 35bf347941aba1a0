"""A page as it looks: at both widths and in both themes, measured, and photographed where `--screenshots DIR`
asks for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Page

AXE = Path(__file__).parent.parent / "vendor/axe-core/axe.min.js"
# Every width and every theme is held against the rules once; the rules look at neither in pairs.
DESK, PHONE = 1440, 375
LOOKS = ((DESK, "light", True), (DESK, "dark", False), (PHONE, "light", False), (PHONE, "dark", True))
HEIGHT = 900
MAX_SHIFT = 0.05
_SHIFT = """() => {
    const observer = new PerformanceObserver(() => {});
    observer.observe({type: "layout-shift", buffered: true});
    return observer.takeRecords().reduce((sum, shift) => sum + (shift.hadRecentInput ? 0 : shift.value), 0);
}"""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


async def assert_fits(page: Page) -> None:
    """No sideways scroll. A page is measured when its styles are there."""
    await page.wait_for_load_state("load")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        f"{page.url} scrolls aside"
    )


async def assert_accessible(page: Page) -> None:
    await page.wait_for_load_state("load")
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run({resultTypes: ['violations']}).then(result => result.violations)")
    grave = [
        f"{rule['id']}: {rule['nodes'][0]['html'][:200]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
    assert grave == [], page.url


async def assert_still(page: Page) -> None:
    """Since it was opened, nothing moved that the reader had not moved."""
    shift = await page.evaluate(_SHIFT)
    assert shift < MAX_SHIFT, f"{page.url} moved by {shift}"


@dataclass
class Looks:
    """Looks at pages, and keeps a picture of each look in a folder, if there is one."""

    folder: Path | None = None
    _taken: dict[str, int] = field(default_factory=dict)

    async def at(self, page: Page) -> None:
        """Every look of the page as it stands. It is left as wide as it was, in the theme that it had."""
        before = page.viewport_size
        dark = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        await page.wait_for_load_state("load")
        # A page that was scrolled would be painted with what is fixed in its midst.
        await page.evaluate("scrollTo(0, 0)")
        name = self._name(page.url)
        for width, scheme, with_rules in LOOKS:
            await page.set_viewport_size({"width": width, "height": HEIGHT})
            await page.emulate_media(color_scheme=scheme)
            await assert_fits(page)
            if with_rules:
                await assert_accessible(page)
            if self.folder:
                self.folder.mkdir(parents=True, exist_ok=True)
                await page.screenshot(path=self.folder / f"{name}-{width}-{scheme}.png", full_page=True)
        if before:
            await page.set_viewport_size(before)
        await page.emulate_media(color_scheme="dark" if dark else "light")

    def _name(self, url: str) -> str:
        """`requests-id-2`: the second request's page that was looked at."""
        path = url.split("/", 3)[3]
        name = _NOT_IN_A_NAME.sub("-", _ID.sub("id", path.lower())).strip("-")[:60] or "overview"
        self._taken[name] = self._taken.get(name, 0) + 1
        return name if self._taken[name] == 1 else f"{name}-{self._taken[name]}"
