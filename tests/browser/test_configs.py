"""A config as its owner meets it: made from a preset, changed, tried, published, rolled back."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import OptimizationConfig
from tests.browser.conftest import OpenPage, Site, Watched
from tests.browser.looks import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def config(site: Site) -> OptimizationConfig:
    return create_config(site.project, "agents", ConfigValues("balanced"), author=None, is_default=True)


@pytest.mark.parametrize("width", [DESK, PHONE])
async def test_from_a_preset_to_a_version_rolled_back(open_page: OpenPage, width: int) -> None:
    async with open_page("/configs", width=width) as watched:
        page = watched.page
        await page.get_by_role("link", name="New config").first.click()
        await page.get_by_label("Name", exact=True).fill("two words")
        await page.get_by_role("button", name="Make the config").click()
        await expect(page.locator("[data-error-summary]")).to_be_focused()
        await watched.looks_right()
        await page.get_by_role("link", name="Name").click()
        await expect(page.get_by_label("Name", exact=True)).to_be_focused()
        await page.get_by_label("Name", exact=True).fill("agents")
        await page.get_by_role("button", name="Make the config").click()
        await page.locator('body[data-live="live"]').wait_for()
        await _edit(watched)
        await _try(watched)
        await _publish_and_roll_back(watched)


async def _edit(watched: Watched) -> None:
    """What is typed is saved by itself; a value that cannot be used is said at its field, and is not."""
    page = watched.page
    turns = page.get_by_label("Keep last turns")
    await turns.fill("many")
    await expect(turns).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#id_keep_last_n_turns_error")).to_have_text("Must be a whole number.")
    await expect(turns).to_have_attribute("aria-describedby", re.compile("id_keep_last_n_turns_error"))
    await page.get_by_label("Hard budget").fill("400")
    await page.get_by_label("Safety margin").fill("0")
    await expect(page.locator("#draft-state")).to_contain_text("2 changes")
    await watched.looks_right()
    await page.get_by_role("button", name="Publish…").click()
    await expect(page.locator("[data-error-summary]")).to_be_focused()
    # The focus is there before the scripts, without which Reset would load the page once more.
    await page.wait_for_load_state("load")
    await page.get_by_role("button", name="Reset Keep last turns").click()
    await expect(turns).to_have_value("4")
    await expect(page.locator("#id_keep_last_n_turns_error")).to_have_count(0)
    await page.get_by_text("Test the patterns on a sample").click()
    await page.get_by_label("Sample").fill("Sure.\nThe build fails.")
    await expect(page.locator(".tried .dropped")).to_contain_text("dropped by line 2")


async def _try(watched: Watched) -> None:
    page = watched.page
    await page.get_by_label("Prompt", exact=True).select_option("Database settings, pretty-printed")
    await page.get_by_role("button", name="Try the draft").click()
    await expect(page.locator(".trial-figures")).to_contain_text("13,648")
    await expect(page.locator(".changed-blocks")).to_be_visible()
    await watched.looks_right()


async def _publish_and_roll_back(watched: Watched) -> None:
    page = watched.page
    await page.get_by_role("button", name="Publish…").click()
    await expect(page.locator(".changes")).to_contain_text("max_input_tokens")
    await watched.looks_right()
    await page.get_by_label("Note").fill("agents run out of room")
    await page.get_by_role("button", name="Publish v2").click()
    await expect(page.locator(".messages")).to_contain_text("v2 is live")
    await page.get_by_role("link", name="v1", exact=True).click()
    await expect(page.get_by_text("Rolling back to v1 changes")).to_be_visible()
    await watched.looks_right()
    await page.get_by_role("button", name="Roll back").click()
    await expect(page.locator(".messages")).to_contain_text("v3 is live")
    await expect(page.get_by_label("Hard budget")).to_have_value("")
    await expect(page.locator(".history")).to_contain_text("agents run out of room")


async def test_all_of_it_without_javascript(open_page: OpenPage, config: OptimizationConfig) -> None:
    async with open_page(None) as watched:
        page = await watched.without_javascript()
        await page.goto(f"{watched.site.url}/configs/{config.pk}")
        await page.get_by_label("Keep last turns").fill("9")
        await page.get_by_role("button", name="Save the draft").last.click()
        await page.get_by_role("button", name="aggressive").click()
        await expect(page.get_by_label("Soft target", exact=True)).to_have_value("0.7")
        await page.get_by_role("button", name="Reset Keep last turns").click()
        await page.get_by_label("Pasted prompt").fill("What is 2 + 2?")
        await page.get_by_role("button", name="Try the draft").click()
        await expect(page.locator(".trial-figures")).to_be_visible()
        await page.get_by_role("button", name="Publish…").click()
        await page.get_by_role("button", name="Publish v2").click()
        await expect(page.locator(".messages")).to_contain_text("v2 is live for 1 key")
        await page.context.close()
