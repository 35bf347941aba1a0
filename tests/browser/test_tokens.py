"""A token of the management API, from the page to the first call, and the page to try the API on."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_token_is_made_and_the_api_is_tried(open_page: OpenPage) -> None:
    async with open_page("/tokens") as watched:
        page = watched.page
        await page.get_by_role("link", name="New token").first.click()
        await page.get_by_role("button", name="Make the token").click()
        await expect(page.get_by_role("heading", name="1 thing to correct")).to_be_visible()
        await page.get_by_label("Name").fill("nightly")
        await page.get_by_role("button", name="Make the token").click()
        secret = await page.locator("#secret").inner_text()
        assert secret.startswith("mgt_")
        await watched.looks_right()
        await page.get_by_role("link", name="I have stored it").click()
        await expect(page.get_by_role("cell", name="nightly", exact=True)).to_be_visible()
        await watched.looks_right()
        await page.goto(f"{watched.site.url}/api/#projects_list")
        form = page.get_by_role("form", name="GET /api/projects/", exact=True)
        await form.get_by_role("button", name="Send").click()
        await expect(page.locator("#projects_list [data-answer]")).to_contain_text('"name": "ci-agent"')
        await watched.looks_right()
        await page.goto(f"{watched.site.url}/api/", wait_until="networkidle")
