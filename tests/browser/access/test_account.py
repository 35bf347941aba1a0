"""Two-factor sign-in, from the account's page to the next login, and where one is signed in."""

from __future__ import annotations

import base64

import pytest
from django_otp.oath import TOTP
from playwright.async_api import expect

from tests.browser.conftest import PASSWORD, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_code_is_asked_for_after_the_password(open_page: OpenPage) -> None:
    async with open_page() as watched:
        page = watched.page
        await page.get_by_role("link", name="admin", exact=True).click()
        await expect(page.get_by_text("this one")).to_be_visible()
        await watched.looks_right()
        await page.get_by_role("link", name="Change it").click()
        await page.get_by_label("New password").fill("12345678")
        await page.get_by_role("button", name="Change your password").click()
        await expect(page.get_by_text("This password is too common.").first).to_be_visible()
        await watched.looks_right()
        await page.get_by_role("link", name="Cancel").click()
        await page.get_by_role("button", name="Set it up").click()
        secret = await page.locator("#secret").inner_text()
        await watched.looks_right()
        code = TOTP(base64.b32decode(secret.strip())).token()
        await page.get_by_role("textbox", name="Code").fill(f"{code:06}")
        await page.get_by_role("button", name="Switch it on").click()
        recovery = (await page.locator("#secret").inner_text()).split()
        await watched.looks_right()
        await page.get_by_role("link", name="I have stored them").click()
        await watched.looks_right()
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_label("User name").fill("admin")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        await watched.looks_right()
        await page.get_by_role("textbox", name="Code").fill(recovery[0])
        await page.get_by_role("button", name="Sign in").click()
        await page.locator('body[data-live="live"]').wait_for()
