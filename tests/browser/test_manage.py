"""Projects, keys, providers, prices and the system as a reader meets them, from the first login on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage, Site, Watched
from tests.browser.looks import DESK, PHONE
from tests.optimizer_app.providers.test_connection import MODELS, ModelServer

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

LONG_NAME = "The platform team's nightly evaluation of everything that it has ever built, in all regions"
KEY = "Nightly runs of the platform team on every branch"


@pytest.fixture
def upstream() -> Iterator[ModelServer]:
    """A provider that lists two models."""
    with ModelServer(200, MODELS) as server:
        yield server


async def submit(page: Page, button: str, **fields: str) -> None:
    """Fill fields by their labels, underscores for spaces, and press the button."""
    for label, value in fields.items():
        await page.get_by_label(label.replace("_", " "), exact=True).fill(value)
    await page.get_by_role("button", name=button).click()


async def follow(page: Page, link: str) -> None:
    await page.get_by_role("link", name=link, exact=True).first.click()


async def check(watched: Watched) -> None:
    await watched.page.locator('body[data-live="live"]').wait_for()
    await watched.looks_right()


async def send(page: Page, site: Site, secret: str, model: str) -> None:
    answer = await page.request.post(
        f"{site.url}/v1/chat/completions",
        headers={"authorization": f"Bearer {secret}"},
        data={"model": model, "messages": [{"role": "user", "content": "Hello! " * 50}]},
    )
    assert answer.status == 200, await answer.text()


async def make_project(watched: Watched) -> None:
    page = watched.page
    await watched.open("/projects")
    await check(watched)
    await follow(page, "New project")
    await check(watched)
    await submit(page, "Make the project", Name=LONG_NAME)
    await expect(page.get_by_role("heading", name=LONG_NAME)).to_be_visible()
    await check(watched)


async def make_key(watched: Watched) -> str:
    """From the project's page on; the key, which is shown once."""
    page = watched.page
    await follow(page, "New key")
    await submit(page, "Make the key")
    await expect(page.get_by_role("heading", name="1 thing to correct")).to_be_visible()
    await check(watched)
    await submit(page, "Make the key", Name=KEY)
    secret = (await page.locator("#secret").inner_text()).strip()
    assert secret.startswith("tok_")
    await check(watched)
    await follow(page, "I have stored it")
    await expect(page.get_by_text(f"{secret[:8]}…")).to_be_visible()
    await expect(page.get_by_text(secret)).to_have_count(0)
    await check(watched)
    return secret


async def see_a_request_arrive(watched: Watched, secret: str) -> None:
    page = watched.page
    await watched.open("/")
    await expect(page.get_by_text("Waiting for the first request")).to_be_visible()
    await check(watched)
    await send(page, watched.site, secret, "house-model")
    await expect(page.get_by_role("link", name="open it")).to_be_visible()
    await check(watched)


async def add_and_test_a_provider(watched: Watched, url: str) -> None:
    page = watched.page
    await watched.open("/providers/new")
    await page.get_by_label("Project", exact=True).select_option(LONG_NAME)
    await submit(page, "Add the provider", Name="house", Base_URL=url, API_key="sk-secret")
    await expect(page.get_by_role("heading", name="house")).to_be_visible()
    await submit(page, "Test the connection")
    await expect(page.get_by_text("took the key, and lists 2 models.")).to_be_visible()
    await check(watched)
    await watched.open("/providers")
    await check(watched)


async def set_a_price(watched: Watched) -> None:
    page = watched.page
    await watched.open("/prices")
    await check(watched)
    await follow(page, "house-model")
    await submit(page, "Set the price", Input="1.5", Output="6")
    await expect(page.get_by_text("house-model has this price from the next request on.")).to_be_visible()
    await check(watched)


async def rotate_and_revoke_the_key(watched: Watched) -> None:
    page = watched.page
    await watched.open("/projects")
    await follow(page, LONG_NAME)
    await follow(page, KEY)
    await check(watched)
    await follow(page, "Rotate")
    await check(watched)
    await submit(page, "Rotate the key")
    await expect(page.get_by_text("The old one works until")).to_be_visible()
    await follow(page, "I have stored it")
    await follow(page, KEY)
    await follow(page, "Revoke")
    await check(watched)
    await submit(page, "Revoke the key", **{"Type_the_key's_name": KEY})
    await expect(page.get_by_text(f"{KEY} is revoked")).to_be_visible()


@pytest.mark.parametrize("width", [DESK, PHONE])
async def test_from_the_first_login_to_a_price(
    open_page: OpenPage, upstream: ModelServer, width: int
) -> None:
    """Every page on the way looks right."""
    async with open_page(None, width=width) as watched:
        await watched.sign_in()
        await make_project(watched)
        secret = await make_key(watched)
        await see_a_request_arrive(watched, secret)
        await add_and_test_a_provider(watched, upstream.url)
        await set_a_price(watched)
        await rotate_and_revoke_the_key(watched)
        await watched.open("/system")
        await expect(watched.page.get_by_text("PostgreSQL").first).to_be_visible()
        await check(watched)


async def test_forms_and_tabs_work_without_javascript(open_page: OpenPage, site: Site) -> None:
    async with open_page(None) as watched:
        page = await watched.without_javascript()
        await page.goto(f"{site.url}/")
        await follow(page, "Claude Code")
        await expect(page.locator("#lines")).to_contain_text("ANTHROPIC_BASE_URL")
        await page.goto(f"{site.url}/projects/{site.project.pk}/keys/new")
        await submit(page, "Make the key", Name="Nightly runs")
        await expect(page.locator("#secret")).to_contain_text("tok_")
        await page.goto(f"{site.url}/prices")
        await follow(page, "Set a price")
        await submit(page, "Set the price", Model="house-model", Input="1.5", Output="6")
        await expect(page.get_by_text("house-model has this price")).to_be_visible()
        await page.context.close()
