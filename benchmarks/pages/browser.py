"""Opens each page in Chromium, as a signed-in reader: first byte, ready to use, largest part painted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
# Deferred scripts have run when the event `DOMContentLoaded` is over: then keys, filters and links work.
_TIMES = """() => new Promise(done => {
    const [opened] = performance.getEntriesByType("navigation");
    new PerformanceObserver(list => {
        const painted = list.getEntries().at(-1).startTime;
        done([opened.responseStart, opened.domContentLoadedEventEnd, painted]);
    }).observe({type: "largest-contentful-paint", buffered: true});
})"""


@dataclass(frozen=True, slots=True)
class Opened:
    """Milliseconds from the click to each moment, and the page's elements."""

    first_byte: float
    usable: float
    painted: float
    elements: int


def opened_pages(
    url: str, login: tuple[str, str], paths: Sequence[str], runs: int
) -> Iterator[tuple[str, Opened]]:
    """Each path with the medians of its runs, after one that fills the browser's cache."""
    path_of_chromium = next(filter(None, map(shutil.which, _NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path_of_chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        _sign_in(page, url, *login)
        for path in paths:
            _open(page, url + path)
            yield path, _medians([_open(page, url + path) for _ in range(runs)])
        browser.close()


def _sign_in(page: Page, url: str, name: str, password: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")


def _open(page: Page, url: str) -> Opened:
    page.goto(url, wait_until="load")
    first_byte, usable, painted = page.evaluate(_TIMES)
    return Opened(first_byte, usable, painted, page.evaluate("document.querySelectorAll('*').length"))


def _medians(runs: Sequence[Opened]) -> Opened:
    times = (median(getattr(run, name) for run in runs) for name in ("first_byte", "usable", "painted"))
    return Opened(*times, runs[-1].elements)
