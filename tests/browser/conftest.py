"""A real Chromium before the real server. Pages are watched: a console message, a refused resource or a
request to another host fails the test.

Rows are made by sync fixtures, before the browser opens: Django's ORM may not be called where a loop runs.
Models are imported inside the fixtures: pytest reads this file before the settings exist.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, async_playwright, expect

from tests.browser.looks import PHONE, Looks, assert_fits, assert_still
from tests.optimizer_app.precompression.texts import prose
from tests.patience import STEP_PATIENCE_SECONDS
from tests.servers.live_server import LiveServer

if TYPE_CHECKING:
    from optimizer_app.models import Project

PASSWORD = "a long pass phrase"
SESSION_COOKIE = "sessionid"
# The shell is Chromium without a window, and needs half the CPU.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)
MIN_SHARED_BYTES = 2 * 1024**3
expect.set_options(timeout=STEP_PATIENCE_SECONDS * 1000)


@dataclass(frozen=True)
class Site:
    """The server, what is stored in it, and the cookie of a session of the admin."""

    url: str
    project: Project
    secret: str
    session: str


@dataclass
class Watched:
    """A page, signed in as the admin, and what went wrong on it."""

    page: Page
    site: Site
    looks: Looks
    on_a_phone: bool = False
    troubles: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        await self.page.goto(self.site.url + path)
        await self.page.locator('body[data-live="live"]').wait_for()

    async def sign_in(self) -> None:
        """By the form, as a reader does. Other pages come with a session: the form's way takes seconds."""
        await self.page.context.clear_cookies()
        await self.page.goto(f"{self.site.url}/login")
        await self.page.get_by_label("User name").fill("admin")
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.locator('body[data-live="live"]').wait_for()

    async def looks_right(self) -> None:
        """The page as it stands fits and is accessible, at both widths and in both themes.

        On a phone it is enough that it fits: the same walk on a desk saw the rest.
        """
        await (assert_fits if self.on_a_phone else self.looks.at)(self.page)

    async def look_at(self, *paths: str) -> None:
        for path in paths:
            await self.open(path)
            await assert_still(self.page)
            await self.looks_right()

    async def without_javascript(self) -> Page:
        """A page of the same reader that runs no scripts; whoever asks closes its context."""
        state = await self.page.context.storage_state()
        browser = self.page.context.browser
        assert browser is not None
        context = await browser.new_context(java_script_enabled=False, storage_state=state)
        return await context.new_page()

    async def send(self, text: str) -> None:
        """A request through the gateway, answered by the built-in echo."""
        await self._send([{"role": "user", "content": text}])

    async def send_conversation(self) -> None:
        """One whose next turns will want the long answer in it in fewer tokens."""
        await self._send(
            [
                {"role": "user", "content": "Tell me about the villages."},
                {"role": "assistant", "content": prose()},
                {"role": "user", "content": "Go on."},
            ]
        )

    async def _send(self, messages: list[dict[str, str]]) -> None:
        answer = await self.page.request.post(
            f"{self.site.url}/v1/chat/completions",
            headers={"authorization": f"Bearer {self.site.secret}"},
            data={"model": "gpt-4o", "messages": messages},
        )
        assert answer.status == 200, await answer.text()


OpenPage = Callable[..., Any]


@pytest.fixture
def site(server: LiveServer) -> Site:
    from django.contrib.auth.models import User
    from django.test import Client

    from optimizer_app.models import ApiKey, Project

    client = Client()
    client.force_login(User.objects.create_superuser("admin", password=PASSWORD))
    project = Project.objects.create(name="ci-agent")
    _, secret = ApiKey.issue(project=project, name="ci")
    return Site(server.url, project, secret, client.cookies[SESSION_COOKIE].value)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests, each of which has a context of its own."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=list(ARGUMENTS), ignore_default_args=_unwanted_arguments()
        )
        yield browser
        await browser.close()


def _unwanted_arguments() -> list[str]:
    """Playwright keeps Chromium off /dev/shm, which may be tiny: on a disk all takes a quarter longer."""
    shared = Path("/dev/shm")
    roomy = shared.exists() and shutil.disk_usage(shared).free > MIN_SHARED_BYTES
    return ["--disable-dev-shm-usage"] if roomy else []


@pytest.fixture
def looks(request: pytest.FixtureRequest) -> Looks:
    """A folder for each test, since several look at the same page."""
    chosen: Path | None = request.config.getoption("--screenshots")
    return Looks(chosen and chosen / request.node.name.removeprefix("test_"))


@pytest.fixture
def open_page(site: Site, chromium: Browser, looks: Looks) -> OpenPage:
    """`async with open_page("/requests", width=375) as watched`: a page that is signed in, at this path.

    With None it has opened nothing yet.
    """

    @asynccontextmanager
    async def opened(path: str | None = "/", *, width: int = 1440, **options: Any) -> AsyncIterator[Watched]:
        # Painted in software, a light that pulses keeps a core busy.
        context = await chromium.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", **options
        )
        context.set_default_timeout(STEP_PATIENCE_SECONDS * 1000)
        await context.add_cookies([{"name": SESSION_COOKIE, "value": site.session, "url": site.url}])
        watched = Watched(await context.new_page(), site, looks, on_a_phone=width == PHONE)
        _watch(watched)
        if path is not None:
            await watched.open(path)
        yield watched
        await context.close()
        assert watched.troubles == []

    return opened


def _watch(watched: Watched) -> None:
    def on_request(request: Request) -> None:
        if not request.url.startswith((watched.site.url, "data:")):
            watched.troubles.append(f"asked another host: {request.url}")

    page = watched.page
    page.on("console", lambda message: _on_console(watched, message.type, message.text))
    page.on("pageerror", lambda error: watched.troubles.append(f"error: {error}"))
    page.on("request", on_request)


def _on_console(watched: Watched, kind: str, text: str) -> None:
    # A reader may leave before the socket is open: the browser says so, and nothing is wrong.
    left_early = "closed before the connection is established" in text
    if kind in ("error", "warning") and not left_early:
        watched.troubles.append(f"{kind}: {text}")
