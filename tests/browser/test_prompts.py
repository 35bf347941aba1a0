"""A prompt template as its owner meets it: written, seen as one types, published, changed, rolled back."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage, Watched
from tests.browser.looks import DESK

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

RULES = "You answer the customers of a shop. You MUST name the order. " * 12


async def test_from_a_name_to_a_version_rolled_back(open_page: OpenPage) -> None:
    async with open_page("/prompts", width=DESK) as watched:
        page = watched.page
        await watched.looks_right()
        await page.get_by_role("link", name="New template").first.click()
        await page.get_by_label("Name", exact=True).fill("support-answer")
        await watched.looks_right()
        await page.get_by_role("button", name="Write it").click()
        await page.locator('body[data-live="live"]').wait_for()
        await _write(watched)
        await _publish(watched, "first")
        await page.get_by_label("Message 1", exact=True).fill("Answer in one sentence.")
        await _publish(watched, "shorter")
        await page.get_by_role("link", name="v1", exact=True).click()
        await page.get_by_label("Requests").fill("500")
        await page.get_by_role("button", name="Reckon").click()
        await expect(page.get_by_role("columnheader", name="500 requests")).to_be_visible()
        await watched.looks_right()
        await page.get_by_role("button", name="Publish it again, as v3").click()
        await expect(page.get_by_text("v3 is live for requests")).to_be_visible()
        await page.get_by_role("link", name="try it in the playground").click()
        await page.get_by_role("button", name="Optimize", exact=True).click()
        await expect(page.locator("[data-result]")).to_contain_text("Where is order 1007?")


async def _write(watched: Watched) -> None:
    """What is typed is saved and shown; what cannot be used is said at its field."""
    page = watched.page
    rules = page.get_by_label("Message 1", exact=True)
    await rules.fill("You answer {{ who }}.")
    await expect(page.locator("#id_message-0-text_error")).to_contain_text("cannot stand in a system message")
    await rules.fill(RULES)
    await expect(page.locator("#id_message-0-text_error")).to_have_count(0)
    question = page.get_by_label("Message 2", exact=True)
    await question.fill("Rules of the day:\n{{ documents }}\n\nIn a {{ tone }} tone: {{ question }}")
    documents = page.locator("#variable-documents")
    await documents.get_by_label("Kind").select_option("documents")
    await documents.get_by_label("Example").fill("Returns\nWithin 30 days, unworn.")
    await expect(page.locator(".preview-text")).to_contain_text("[1] Returns")
    tone = page.locator("#variable-tone")
    await tone.get_by_label("Kind").select_option("choice")
    await tone.get_by_label("Choices").fill("formal\nfriendly")
    await page.locator("#variable-question").get_by_label("Example").fill("Where is order 1007?")
    await expect(page.locator(".preview-text")).to_contain_text("In a formal tone: Where is order 1007?")
    await page.reload()
    await page.locator('body[data-live="live"]').wait_for()
    await watched.looks_right()


async def _publish(watched: Watched, note: str) -> None:
    page = watched.page
    await page.get_by_role("button", name="Publish…").click()
    await page.get_by_label("Note").fill(note)
    await watched.looks_right()
    await page.get_by_role("button", name="Publish v").click()
    await expect(page.get_by_text("is live for requests that name no version")).to_be_visible()
