"""The playground as a reader meets it: by keyboard, streamed, in both themes and widths, without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenPage, Site

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

LOG = "\n".join(f"2026-11-29 05:00:{n % 60:02} INFO worker {n}: job {n * 7} done" for n in range(300))
TEXT = f"Why did the deploy fail?\n\n{LOG}\n2026-11-29 05:07:01 ERROR deploy failed: disk full on node-7\n"


async def test_a_prompt_is_tried_compared_asked_and_saved(open_page: OpenPage) -> None:
    async with open_page() as watched:
        page = watched.page
        await page.keyboard.press("g")
        await page.keyboard.press("l")
        await page.wait_for_url("**/playground")
        await page.get_by_label("Prompt", exact=True).fill(TEXT)
        await page.get_by_label("Budget").fill("700")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("[data-result]")).to_be_focused()
        await expect(page).to_have_url(re.compile(r"/playground\?budget=700#result$"))
        await page.get_by_role("button", name="Compare with another").click()
        await page.locator("[name=config-2]").select_option("safe")
        # A script puts the settings into the address.
        await page.wait_for_load_state("load")
        await page.get_by_role("button", name="Run all").click()
        await expect(page.locator(".compared tbody tr")).to_have_count(2)
        await expect(page).to_have_url(re.compile("config-2=safe"))
        assert "disk" not in page.url

        await page.wait_for_load_state("load")
        strip = page.locator('[data-strip="a-b"]')
        await strip.locator('[data-n="2"]').click()
        block = page.locator("#a-b2")
        await expect(block).to_have_class("text-row at")
        await expect(block.locator("del").first).to_be_visible()
        await page.keyboard.press("k")
        await expect(page.locator("#a-b1")).to_have_class("text-row at")
        await page.keyboard.press("Enter")
        await expect(page.locator("#a-b1 .sides")).to_be_visible()

        asking = page.locator("#column-A .ask")
        await asking.get_by_role("button", name="Ask the model with both").click()
        for side in ("original", "sent"):
            answer = asking.locator(f"[data-side={side}]")
            await expect(answer.locator("pre")).to_contain_text("Echo: received")
            await expect(answer.locator("[data-part=bill]")).to_contain_text("out: $0.00")
        await watched.looks_right()
        await page.get_by_label("Budget").first.fill("701")
        await expect(asking.get_by_role("button")).to_be_disabled()

        await page.locator("summary", has_text="Saved examples").click()
        await page.get_by_label("Save this prompt as").fill("The bad deploy")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("The bad deploy was saved, encrypted")).to_be_visible()
        await page.get_by_label("Prompt", exact=True).fill("something else")
        await page.get_by_label("Example", exact=True).select_option("The bad deploy")
        await page.get_by_role("button", name="Fill in").click()
        await expect(page.get_by_label("Prompt", exact=True)).to_have_value(TEXT)


async def test_a_pasted_body_is_known_and_all_works_without_scripts(open_page: OpenPage, site: Site) -> None:
    async with open_page("/playground") as watched:
        prompt = watched.page.get_by_label("Prompt", exact=True)
        body = '{"messages": [{"role": "user", "content": "Hi"}], "system": "Be brief."}'
        await prompt.evaluate(
            "(field, text) => { field.value = text; field.dispatchEvent(new ClipboardEvent('paste')); }", body
        )
        await expect(watched.page.get_by_label("Anthropic")).to_be_checked()
        page = await watched.without_javascript()
        await page.goto(f"{site.url}/playground?config=safe")
        await page.get_by_label("Prompt", exact=True).fill("")
        await page.get_by_role("button", name="Optimize").last.click()
        await expect(page.get_by_text("There is no text and no question.").first).to_be_visible()
        await page.get_by_label("Prompt", exact=True).fill(TEXT)
        await page.get_by_role("button", name="Optimize").last.click()
        await expect(page.get_by_text("safe (preset)").last).to_be_visible()
        await page.get_by_role("button", name="Ask the model with both").click()
        await expect(page.locator("[data-side=sent] pre")).to_contain_text("Echo: received")
        await page.context.close()
