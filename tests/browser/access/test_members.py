"""An invitation, from the owner's page to a viewer who can change nothing, and what the log tells."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage, Watched

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def invite(watched: Watched) -> str:
    """From the project's page to the link of an invitation as viewer."""
    page = watched.page
    await watched.open(f"/projects/{watched.site.project.pk}/members")
    await watched.looks_right()
    await page.get_by_role("link", name="Invite").click()
    await page.get_by_label("For whom").fill("Ada")
    await watched.looks_right()
    await page.get_by_role("button", name="Make the link").click()
    link = await page.locator("#secret").inner_text()
    await watched.looks_right()
    await page.get_by_role("link", name="I have sent it").click()
    await expect(page.get_by_role("cell", name="Ada", exact=True)).to_be_visible()
    await watched.looks_right()
    return link


async def accept(watched: Watched, page: Page, link: str) -> None:
    """As somebody without an account."""
    await page.goto(link)
    await expect(page.get_by_text("admin invites you as viewer")).to_be_visible()
    await watched.looks.at(page)
    await page.get_by_label("User name").fill("ada")
    await page.get_by_label("Password").fill("a long pass phrase")
    await page.get_by_role("button", name="Make my account and join").click()
    await expect(page.get_by_text("You are in ci-agent now.")).to_be_visible()


async def find_nothing_to_change(watched: Watched, page: Page) -> None:
    await expect(page.get_by_role("link", name="New key")).to_have_count(0)
    await expect(page.get_by_role("link", name="Change")).to_have_count(0)
    await watched.looks.at(page)
    answer = await page.goto(f"{watched.site.url}/projects/{watched.site.project.pk}/keys/new")
    assert answer is not None
    assert answer.status == 403
    await expect(page.get_by_role("heading", name="Your role does not allow this")).to_be_visible()
    await watched.looks.at(page)


async def test_an_invited_viewer_looks_and_changes_nothing(open_page: OpenPage) -> None:
    async with open_page() as watched:
        link = await invite(watched)
        browser = watched.page.context.browser
        assert browser is not None
        async with await browser.new_context(viewport={"width": 1440, "height": 900}) as context:
            other = await context.new_page()
            await accept(watched, other, link)
            await find_nothing_to_change(watched, other)
        await watched.open("/audit")
        await expect(watched.page.get_by_text("added invitation Ada")).to_be_visible()
        await watched.looks_right()
