"""A version on its way: stopped by what should have stayed, published to a share, compared, rolled back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from playwright.async_api import expect

from optimizer_app.configs.create import create_config
from optimizer_app.configs.versions.drafts import save_draft
from optimizer_app.models import OptimizationConfig, RequestTrace
from tests.browser.conftest import OpenPage, Site, Watched
from tests.browser.looks import DESK
from tests.dashboard.traces.rows import block, make_trace
from tests.optimizer_app.releases.prompts import BODY_TEXT, NEEDED, ROOMY, TIGHT

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def config(site: Site) -> OptimizationConfig:
    """With a draft that loses what is needed."""
    config = create_config(site.project, "agents", ROOMY, author=None, is_default=True)
    save_draft(config, User.objects.get(), TIGHT)
    return config


@pytest.fixture
def trace(config: OptimizationConfig) -> RequestTrace:
    blocks = [block(40, 40), block(9_000, 90, kind="log", stage="results", reason="lines cut")]
    return make_trace(config.project, age=timedelta(hours=1), config_name="agents", blocks=blocks)


async def test_from_what_should_have_stayed_to_a_share_rolled_back(
    open_page: OpenPage, config: OptimizationConfig, trace: RequestTrace
) -> None:
    async with open_page(width=DESK) as watched:
        await _make_a_case(watched)
        await _publish_to_a_share(watched, config)
        await _compare_and_roll_back(watched, config)
        await _keep_the_kind(watched, trace)


async def _make_a_case(watched: Watched) -> None:
    """In the playground, from a block that the draft drops."""
    page = watched.page
    await watched.open("/playground?config=draft:agents")
    await page.get_by_label("OpenAI").check()
    await page.get_by_label("Prompt", exact=True).fill(BODY_TEXT)
    await page.get_by_role("button", name="Optimize").last.click()
    await page.locator(".text-row").filter(has_text="dropped").first.locator("summary").wait_for()
    await page.get_by_role("button", name="Should have stayed").first.click()
    keep = page.get_by_label("What must stay")
    await expect(keep).not_to_have_value("")
    await page.get_by_label("Name", exact=True).fill("where the deploy key is")
    await keep.fill(NEEDED)
    await watched.looks_right()
    await page.get_by_role("button", name="Make the case").last.click()
    await expect(page.locator(".messages")).to_contain_text("is a case of ci-agent now")


async def _publish_to_a_share(watched: Watched, config: OptimizationConfig) -> None:
    page = watched.page
    await watched.open(f"/configs/{config.pk}/publish")
    await page.get_by_label("a share of the conversations").check()
    await page.get_by_label("Size of the share").fill("50")
    await page.get_by_role("button", name="Publish v2").click()
    await expect(page.locator("[data-error-summary]")).to_be_focused()
    await expect(page.locator(".failing")).to_contain_text(NEEDED)
    await watched.looks_right()
    await page.get_by_label("Note").fill("the key has moved")
    await page.get_by_label("Publish although cases fail").check()
    await page.get_by_role("button", name="Publish v2").click()
    await expect(page.locator(".messages")).to_contain_text("v2 is live for 50% of conversations")


async def _compare_and_roll_back(watched: Watched, config: OptimizationConfig) -> None:
    page = watched.page
    for number in range(8):
        await watched.send(f"Question {number}: " + "All work and no play. " * 60)
    # Traces are stored a moment after the answers.
    while sum(await _served(watched, config)) < 8:
        await page.wait_for_load_state()
    await watched.looks_right()
    await page.get_by_role("button", name="Roll back to v1").click()
    await expect(page.locator(".messages")).to_contain_text("v2 was rolled back")
    await expect(page.locator("#history")).to_contain_text("v2 ran on 50% of conversations")


async def _served(watched: Watched, config: OptimizationConfig) -> list[int]:
    """How many requests either side had, by the page."""
    await watched.open(f"/configs/{config.pk}")
    cells = watched.page.locator(".sides-compared tr").filter(has_text="Requests").locator("td")
    return [int(text) for text in await cells.all_inner_texts()]


async def _keep_the_kind(watched: Watched, trace: RequestTrace) -> None:
    page = watched.page
    await watched.open(f"/requests/{trace.pk}")
    await page.get_by_role("link", name="Should have stayed").click()
    await watched.looks_right()
    await page.get_by_role("button", name="Set it in the draft").click()
    await expect(page.get_by_label("Cut tool results above")).to_have_value("9000")
    await expect(page.locator(".form-field.marked")).to_contain_text("Cut tool results above")
    await expect(page.locator("#draft-state")).to_contain_text("1 change")
