"""The pages as a reader meets them: live, by keyboard, in both themes and widths."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.async_api import Page, Response, expect

from optimizer_app.models import RequestTrace
from tests.browser.conftest import OpenPage, Site
from tests.dashboard.precompression.rows import all_states
from tests.dashboard.traces.rows import block, make_trace

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

LONG_NAME = "anthropic/claude-opus-with-a-very-long-deployment-name-eu-west-3-20250805"


@pytest.fixture
def traces(site: Site) -> list[RequestTrace]:
    """Requests of all kinds, the newest last."""
    blocks = [
        block(600, 600, type="system", turn=-1),
        *(
            block(90, 30, type="tool", kind="schema", turn=-1, reason="first sentence kept")
            for _ in range(12)
        ),
        *(
            block(200, 200 - 40 * (n % 5), turn=n // 3, frozen=n < 9, reason=f"rule {n % 4}")
            for n in range(24)
        ),
        block(300, 0, type="doc", kind="document", turn=7, reason="same as block 3"),
        block(0, 40, type="constraint", turn=7),
    ]
    kinds: list[dict[str, Any]] = [
        {"route": "bypass", "tokens_after": 1000, "blocks": [], "stages": []},
        {"status": "error", "http_status": 502, "stages": [{"name": "logs", "status": "failed", "ms": 3.0}]},
        {"model": LONG_NAME, "tokens_estimated": True, "net_usd": Decimal("-0.01"), "gross_usd": Decimal(1)},
        {"fallback_used": True, "fallback_reason": "constraint lost: " + "MUST answer in JSON, " * 6},
        {"tokens_after": 1000},
        {"blocks": blocks, "gross_usd": Decimal("0.5"), "net_usd": Decimal("0.4"), "usage_input_tokens": 404}
        | read_back(),
    ]
    count = len(kinds)
    return [
        make_trace(site.project, age=timedelta(minutes=3 * (count - number)), **fields)
        for number, fields in enumerate(kinds)
    ]


def read_back() -> dict[str, Any]:
    """What a request has whose model read back twice, missed once, and called a tool again."""
    read = {"round": 1, "handle": "482193", "found": True, "block": "b", "stage": "passages", "tokens": 1204}
    missed = {"round": 2, "handle": "", "found": False, "block": "", "stage": "", "tokens": 31}
    beside = {**read, "round": 3, "handle": "771204", "tokens": 96, "beside": True}
    call = {"input_tokens": 404, "cached_tokens": 0, "cache_write_tokens": None, "output_tokens": 40}
    calls = [call, {**call, "input_tokens": 1670, "cached_tokens": 384}, {**call, "input_tokens": 1741}]
    return {
        "read_backs": [read, missed, beside],
        "re_reads": [{"tool": "read_log", "stage": "logs", "steps": 3, "tokens": 2140}],
        "provider_calls": calls,
        "read_back_usd": Decimal("0.0121"),
    }


@asynccontextmanager
async def hears_of_a_change(page: Page) -> AsyncIterator[None]:
    """The block ends when the page's socket has told of a change."""
    heard = page.evaluate(
        "new Promise(done => document.body.addEventListener("
        "'htmx:ws:before:message:incoming', () => done(), {once: true}))"
    )
    waiting = asyncio.ensure_future(heard)
    await page.evaluate("0")
    yield
    await waiting


async def test_overview_goes_live_without_a_reload(open_page: OpenPage) -> None:
    async with open_page() as watched:
        page = watched.page
        await expect(page.get_by_text("Waiting for the first request")).to_be_visible()
        await page.evaluate("window.notReloaded = true")
        await watched.send("Summarise this. " + "All work and no play. " * 200)
        await expect(page.locator(".requests [data-row]")).to_have_count(1)
        await expect(page.locator(".plot.tall canvas")).to_have_count(1)
        await watched.send("Hello again")
        await expect(page.locator(".requests [data-row]")).to_have_count(2)
        assert await page.evaluate("window.notReloaded")


async def test_a_pause_holds_the_page_and_going_on_catches_up(open_page: OpenPage) -> None:
    async with open_page() as watched:
        page = watched.page
        await page.keyboard.press("p")
        await expect(page.get_by_role("button", name="Paused")).to_be_visible()
        async with hears_of_a_change(page):
            await watched.send("Hello")
        await expect(page.get_by_text("Waiting for the first request")).to_be_visible()
        await page.keyboard.press("p")
        await expect(page.locator(".requests [data-row]")).to_have_count(1)


async def test_new_requests_wait_behind_a_pill(open_page: OpenPage, traces: list[RequestTrace]) -> None:
    async with open_page("/requests?model=gpt-4o") as watched:
        page = watched.page
        rows = await page.locator("[data-row]").count()
        await watched.send("Hello")
        await page.get_by_role("link", name="1 new").click()
        await expect(page.locator("[data-row]")).to_have_count(rows + 1)
        assert page.url.endswith("/requests?model=gpt-4o")


async def test_a_queued_precompression_appears_by_itself(open_page: OpenPage) -> None:
    async with open_page() as watched:
        page = watched.page
        await page.keyboard.press("g")
        await page.keyboard.press("e")
        await page.wait_for_url("**/precompression")
        await page.locator('body[data-live="live"]').wait_for()
        await expect(page.get_by_text("Nothing precompressed yet")).to_be_visible()
        await watched.send_conversation()
        await expect(page.locator(".precompressions .state-queued")).to_have_count(1)


async def test_keyboard_walk(open_page: OpenPage, traces: list[RequestTrace]) -> None:
    async with open_page() as watched:
        page = watched.page
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        await page.keyboard.press("g")
        await page.keyboard.press("r")
        await page.wait_for_url("**/requests")
        await page.keyboard.press("/")
        await expect(page.get_by_label("Id", exact=True)).to_be_focused()
        await page.keyboard.type("jk")
        await expect(page.locator("[data-row].at")).to_have_count(0)
        await page.evaluate("addEventListener('submit', () => { sessionStorage.submitted = '1' })")
        await page.keyboard.press("Escape")
        await expect(page.get_by_label("Id", exact=True)).to_have_value("")
        assert not await page.evaluate("sessionStorage.submitted")
        for key in ("j", "j", "k", "Enter"):
            await page.keyboard.press(key)
        await page.wait_for_url(f"**/requests/{traces[-1].pk}*")
        await page.keyboard.press("[")
        await page.wait_for_url(f"**/requests/{traces[-2].pk}*")
        await page.keyboard.press("]")
        await page.wait_for_url(f"**/requests/{traces[-1].pk}*")


async def test_shortcuts_can_be_switched_off(open_page: OpenPage, traces: list[RequestTrace]) -> None:
    async with open_page() as watched:
        page = watched.page
        await page.keyboard.press("?")
        await page.get_by_label("Single-key shortcuts are on").uncheck()
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        await expect(page.locator("[data-row].at")).to_have_count(0)


async def test_filters_live_in_the_url(open_page: OpenPage, traces: list[RequestTrace]) -> None:
    async with open_page("/requests") as watched:
        page = watched.page
        await page.get_by_label("Flag").select_option("fallback")
        await page.wait_for_url("**/requests?flag=fallback")
        await expect(page.locator("[data-row]")).to_have_count(1)
        await page.go_back()
        await expect(page.locator("[data-row]")).to_have_count(len(traces))


async def test_strip_and_table_point_at_each_other(open_page: OpenPage, traces: list[RequestTrace]) -> None:
    async with open_page(f"/requests/{traces[-1].pk}") as watched:
        page = watched.page
        say = page.locator("[data-strip-say]")
        await page.locator('[data-strip] [data-n="1"]').hover()
        await expect(say).to_have_text("#1 Kept system, unchanged, 600 → 600")
        await page.locator('[data-strip] [data-n="15"]').click()
        await expect(page.locator("#b15")).to_have_class("at")
        await page.keyboard.press("j")
        await expect(page.locator("#b16")).to_have_class("at")
        await expect(say).to_contain_text("#16")


async def test_fold_and_group_open_in_place(open_page: OpenPage, traces: list[RequestTrace]) -> None:
    async with open_page(f"/requests/{traces[-1].pk}") as watched:
        page = watched.page
        await page.get_by_role("link", name="12 tools").click()
        await expect(page.locator("#g-tools tr[id]")).to_have_count(12)
        group = page.get_by_role("button", name="Tools 12 blocks")
        await group.click()
        await expect(page.locator("#g-tools tr")).to_have_count(1)
        await expect(group).to_have_attribute("aria-expanded", "false")


async def test_theme_is_chosen_without_a_flash(open_page: OpenPage) -> None:
    async with open_page(color_scheme="light") as watched:
        page = watched.page
        await page.get_by_role("button", name="Dark theme").click()
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await expect(page.locator("body")).to_have_css("background-color", "rgb(19, 18, 16)")


async def test_rail_is_a_sheet_on_a_phone(open_page: OpenPage) -> None:
    async with open_page(width=375) as watched:
        page = watched.page
        link = page.get_by_role("link", name="Requests", exact=True)
        await expect(link).to_be_hidden()
        await page.get_by_role("button", name="Menu").click()
        await link.click()
        await page.wait_for_url("**/requests")


@pytest.fixture
def precompressions(site: Site) -> None:
    """Precompressed texts in all states."""
    all_states(site.project)


async def test_full_pages_look_right(
    open_page: OpenPage, traces: list[RequestTrace], precompressions: None
) -> None:
    paths = ["/", "/?table=tokens", "/requests", "/requests?q=zz", "/requests?model=none", "/precompression"]
    async with open_page(None) as watched:
        await watched.look_at(*paths, *(f"/requests/{trace.pk}" for trace in traces))


async def test_empty_pages_look_right(open_page: OpenPage) -> None:
    async with open_page(None) as watched:
        await watched.look_at("/", "/requests", "/precompression")


async def test_login_page_is_accessible(open_page: OpenPage) -> None:
    async with open_page() as watched:
        page = watched.page
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url("**/login")
        await watched.looks_right()
        await watched.sign_in()


async def test_pages_read_without_javascript(
    open_page: OpenPage, site: Site, traces: list[RequestTrace]
) -> None:
    async with open_page(None) as watched:
        page = await watched.without_javascript()
        await page.goto(f"{site.url}/requests")
        await page.get_by_label("Flag").select_option("fallback")
        await page.get_by_role("button", name="Filter").click()
        await expect(page.locator("[data-row]")).to_have_count(1)
        await page.goto(f"{site.url}/requests/{traces[-1].pk}")
        await page.get_by_role("link", name="12 tools").click()
        await expect(page.locator("#g-tools tr[id]")).to_have_count(12)
        await page.context.close()


async def test_first_load_is_light(open_page: OpenPage, traces: list[RequestTrace]) -> None:
    """What one page load brings, as gzip would send it."""
    sizes = {"script": 0, "stylesheet": 0, "font": 0}
    async with open_page() as watched:
        page = watched.page
        found: list[Response] = []
        page.on("response", lambda response: found.append(response))
        await page.goto(f"{watched.site.url}/", wait_until="networkidle")
        for response in found:
            kind = response.request.resource_type
            if kind in sizes:
                body = await (await page.request.get(response.url)).body()
                sizes[kind] += len(body) if kind == "font" else len(gzip.compress(body))
    assert sizes["script"] <= 80_000
    assert sizes["stylesheet"] <= 25_000
    assert 0 < sizes["font"] <= 145_000
