"""A page as it looks: at both widths and in both themes, measured, and photographed where `--screenshots DIR`
asks for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from playwright.async_api import Page

Scheme = Literal["light", "dark"]
AXE = Path(__file__).parent.parent / "vendor/axe-core/axe.min.js"
DESK, PHONE = 1440, 375
# Every width and every theme is held against the rules once; the rules look at neither in pairs.
CHECKED: tuple[tuple[int, Scheme], ...] = ((DESK, "light"), (PHONE, "dark"))
# A theme is colours: how wide a page is does not depend on it.
ONLY_PICTURED: tuple[tuple[int, Scheme], ...] = ((PHONE, "light"), (DESK, "dark"))
HEIGHT = 900
MAX_SHIFT = 0.05
_SHIFT = """() => {
    const observer = new PerformanceObserver(() => {});
    observer.observe({type: "layout-shift", buffered: true});
    return observer.takeRecords().reduce((sum, shift) => sum + (shift.hadRecentInput ? 0 : shift.value), 0);
}"""
_GRAVE = ("serious", "critical")
# What a rule finds is as grave as the rule: those that are less are not run. Without the selectors of all
# elements that pass, and without the stylesheets read once more for no rule.
_VIOLATIONS = """grave => axe.run({
    rules: Object.fromEntries(
        axe._audit.rules
            .filter(rule => rule.impact && !grave.includes(rule.impact))
            .map(rule => [rule.id, {enabled: false}])
    ),
    resultTypes: ["violations"], selectors: false, preload: false,
}).then(found => found.violations)"""
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
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe())
    found = await page.evaluate(_VIOLATIONS, _GRAVE)
    grave = [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found if rule["impact"] in _GRAVE]
    assert grave == [], page.url


@cache
def _axe() -> str:
    return AXE.read_text()


async def assert_still(page: Page) -> None:
    """Since it was opened, nothing moved that the reader had not moved."""
    shift = await page.evaluate(_SHIFT)
    assert shift < MAX_SHIFT, f"{page.url} moved by {shift}"


async def _show(page: Page, width: int, scheme: Scheme) -> None:
    await page.set_viewport_size({"width": width, "height": HEIGHT})
    await page.emulate_media(color_scheme=scheme)


@dataclass
class Looks:
    """Looks at pages, and keeps a picture of each look in a folder, if there is one."""

    folder: Path | None = None
    _taken: dict[str, int] = field(default_factory=dict)

    async def at(self, page: Page) -> None:
        """Both looks of the page as it stands. It is left as wide as it was, in the theme that it had."""
        before = page.viewport_size
        dark = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        await page.wait_for_load_state("load")
        # A page that was scrolled would be painted with what is fixed in its midst.
        await page.evaluate("scrollTo(0, 0)")
        name = self._name(page.url)
        for look in CHECKED:
            await _show(page, *look)
            await assert_fits(page)
            await assert_accessible(page)
            await self._picture(page, name, *look)
        if self.folder:
            for look in ONLY_PICTURED:
                await _show(page, *look)
                await self._picture(page, name, *look)
        if before:
            await page.set_viewport_size(before)
        await page.emulate_media(color_scheme="dark" if dark else "light")

    async def _picture(self, page: Page, name: str, width: int, scheme: Scheme) -> None:
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=self.folder / f"{name}-{width}-{scheme}.png", full_page=True)

    def _name(self, url: str) -> str:
        """`requests-id-2`: the second request's page that was looked at."""
        path = url.split("/", 3)[3]
        name = _NOT_IN_A_NAME.sub("-", _ID.sub("id", path.lower())).strip("-")[:60] or "overview"
        self._taken[name] = self._taken.get(name, 0) + 1
        return name if self._taken[name] == 1 else f"{name}-{self._taken[name]}"
