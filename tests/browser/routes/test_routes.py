"""Routes as a reader meets them: none, a new one, the list while a provider fails, one that is changed."""

from __future__ import annotations

import pytest
import redis
from django.conf import settings
from playwright.async_api import expect

from optimizer_app.models import Provider
from optimizer_app.providers.breaker import FAILURES, SCRIPTS, circuit_key
from optimizer_app.providers.health import failure_as_text, failures_key
from tests.browser.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def fail(provider: Provider) -> None:
    """As if gateways had met failures of it in a row."""
    with redis.Redis.from_url(settings.REDIS_URL) as valkey:
        for second in range(FAILURES):
            valkey.eval(SCRIPTS["failed"], 1, circuit_key(provider.pk))
            valkey.lpush(
                failures_key(provider.pk), failure_as_text(1_790_000_000 + second, "it answered 503")
            )


async def test_a_route_is_made_tested_and_changed(open_page: OpenPage) -> None:
    async with open_page("/routes") as watched:
        project = watched.site.project
        names = ("vllm-in-the-house", "azure-sweden-central", "together")
        providers = [
            await Provider.objects.acreate(project=project, name=name, kind="openai") for name in names
        ]
        page = watched.page
        await watched.looks_right()
        await page.get_by_role("link", name="Add a route").first.click()
        await page.get_by_label("Models", exact=True).fill("llama-3.3-*")
        await page.get_by_label("Provider 1", exact=True).select_option("vllm-in-the-house")
        await page.get_by_label("Weight of provider 1", exact=True).fill("0")
        await page.get_by_role("button", name="Add the route").click()
        await expect(page.get_by_role("heading", name="1 thing to correct")).to_be_visible()
        await watched.looks_right()
        await page.get_by_label("Weight of provider 1", exact=True).fill("3")
        await page.get_by_label("Provider 2", exact=True).select_option("together")
        await page.get_by_label("Model at provider 2", exact=True).fill(
            "meta-llama/Llama-3.3-70B-Instruct-Turbo"
        )
        await page.get_by_label("Weight of provider 2", exact=True).fill("1")
        await page.get_by_label("Provider 3", exact=True).select_option("azure-sweden-central")
        await page.get_by_label("Model at provider 3", exact=True).fill("llama-prod")
        await page.get_by_role("button", name="Add the route").click()
        await expect(page.get_by_text("llama-3.3-* has a route")).to_be_visible()
        fail(providers[0])
        await page.get_by_label("Model", exact=True).fill("llama-3.3-70b")
        await page.get_by_role("button", name="Look").click()
        await expect(page.get_by_text("75% of conversations")).to_be_visible()
        await expect(page.get_by_text("open", exact=True)).to_be_visible()
        await watched.looks_right()
        await page.get_by_role("link", name="llama-3.3-*").first.click()
        await expect(page.get_by_label("Model at provider 3", exact=True)).to_have_value("llama-prod")
        await watched.looks_right()
        await watched.look_at(f"/providers/{providers[0].pk}")
        await page.goto(f"{watched.site.url}/routes")
        await page.get_by_role("link", name="llama-3.3-*").first.click()
        await page.get_by_role("link", name="Remove…").click()
        await watched.looks_right()
        await page.get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("No route yet")).to_be_visible()
