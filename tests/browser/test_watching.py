"""From the overview to requests of one model, kept as a view, and to blocks that were wanted again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.async_api import expect

from optimizer_app.models import OptimizationConfig, RequestTrace
from optimizer_app.rollups.rolling import mark_changed, roll_up_all
from tests.browser.conftest import OpenPage, Site
from tests.dashboard.traces.rows import block, make_trace
from tests.optimizer_app.cuts.test_cuts import trace as trace_with_cuts

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def traces(site: Site) -> list[RequestTrace]:
    """Requests of two models that are rolled up, and one of now whose model wanted again what was cut."""
    money = {"gross_usd": Decimal("0.5"), "net_usd": Decimal("0.4"), "usage_input_tokens": 404}
    claude = {"model": "claude-sonnet-5"}
    fell_back = {**claude, "fallback_used": True, "fallback_reason": "a directive is missing"}
    age = timedelta(hours=3)
    old = [make_trace(site.project, age=age, **money, **fields) for fields in ({}, claude, fell_back)]
    mark_changed(row.created_at for row in old)
    roll_up_all(timezone.now())
    return [*old, trace_with_cuts(site.project)]


@pytest.fixture
def uncut(site: Site) -> list[RequestTrace]:
    """Requests that were not made smaller, for three reasons."""
    OptimizationConfig.objects.create(project=site.project, name="agents")
    whole = {"tokens_after": 1000, "blocks": [block(1000, 1000)], "stages": [], "config_name": "agents"}
    reasons = ("over_time", "too_short", "too_short", "question_unclear", "agent_at_work")
    return [make_trace(site.project, why_not=reason, **whole) for reason in reasons]


@pytest.fixture
def large(site: Site) -> RequestTrace:
    """A request with many blocks in each of two turns."""
    blocks = [block(50, 10 * (n % 3), turn=n // 450, reason=f"reason {n}") for n in range(900)]
    return make_trace(site.project, blocks=blocks)


async def test_the_strip_leads_to_blocks_that_are_not_shown_yet(
    open_page: OpenPage, large: RequestTrace
) -> None:
    async with open_page() as watched:
        page = watched.page
        await watched.open(f"/requests/{large.pk}")
        assert await page.locator(".blocks tr[id^=b]").count() == 200
        for number in (426, 886):
            await page.locator(f'[data-strip] [data-n="{number}"]').click()
            await expect(page.locator(f"#b{number}")).to_have_class("at")
        await page.get_by_role("link", name="Earlier blocks, from #651").click()
        await expect(page.locator("#b651")).to_be_visible()
        await expect(page.locator("#b886")).to_have_count(0)
        reader = await watched.without_javascript()
        await reader.goto(page.url)
        await reader.get_by_role("link", name="More blocks, from #201").click()
        await expect(reader.locator("#b400")).to_be_visible()
        await reader.context.close()


async def test_from_the_reasons_to_the_field_that_would_help(
    open_page: OpenPage, uncut: list[RequestTrace]
) -> None:
    async with open_page() as watched:
        page = watched.page
        await watched.open("/")
        await watched.looks_right()
        await page.get_by_role("link", name="Over time").click()
        await page.wait_for_url("**/requests?why_not=over_time")
        await expect(page.locator("[data-row]")).to_have_count(1)
        await watched.looks_right()
        await watched.open(f"/requests/{uncut[0].pk}")
        await watched.looks_right()
        await page.get_by_role("link", name="A longer time lets it run.").click()
        await expect(page.locator("#id_max_latency_ms")).to_be_visible()


async def test_from_the_overview_to_blocks_that_were_wanted_again(
    open_page: OpenPage, traces: list[RequestTrace]
) -> None:
    async with open_page() as watched:
        page = watched.page
        await watched.open("/")
        await page.get_by_label("Model").select_option("claude-sonnet-5 (2)")
        await page.wait_for_url("**/?model=claude-sonnet-5")
        await expect(page.locator(".latest [data-row]")).to_have_count(2)
        await watched.looks_right()

        await watched.open("/requests?model=claude-sonnet-5")
        await page.get_by_label("Flag").select_option("Fell back (1)")
        await expect(page.locator("[data-row]")).to_have_count(1)
        await page.get_by_text("Save these filters").click()
        await page.get_by_label("Name of the view").fill("Claude fell back")
        await page.get_by_role("button", name="Save", exact=True).click()
        await watched.open("/requests")
        await expect(page.locator("[data-row]")).to_have_count(len(traces))
        view = page.get_by_role("link", name="Claude fell back")
        await view.click()
        await expect(view).to_have_attribute("aria-current", "true")
        await expect(page.locator("[data-row]")).to_have_count(1)
        await watched.looks_right()

        await page.keyboard.press("g")
        await page.keyboard.press("b")
        await expect(page.locator(".cut-sums tbody tr")).to_have_count(3)
        await watched.looks_right()
        await page.get_by_role("link", name="log", exact=True).click()
        await expect(page.get_by_text("tool called again")).to_be_visible()
        await watched.looks_right()
        await page.locator(".cuts .cover").first.click()
        await page.wait_for_url(f"**/requests/{traces[-1].pk}?*#b1")
        await expect(page.locator("#b1")).to_be_visible()
