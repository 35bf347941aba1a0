"""A request as its owner looks into it: kept, read block by block, replayed on another config, deleted."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from tests.browser.conftest import OpenPage, Site, Watched
from tests.patience import PATIENCE_SECONDS
from tests.servers.celery_worker import celery_worker

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

LOG = "\n".join(f"2026-11-29 05:00:{n % 60:02} INFO worker {n}: job {n * 7} done" for n in range(300))
PROMPT = f"Why did job 12 fail?\n\n{LOG}\n2026-11-29 05:05:00 ERROR disk full on job 12\n"


@pytest.fixture
def configs(site: Site) -> None:
    kept = ConfigValues("balanced", {"capture_days": 3})
    create_config(site.project, "agents", kept, author=None, is_default=True)
    create_config(site.project, "careful", ConfigValues("safe"), author=None)


@pytest.fixture
def worker(site: Site, configs: None, tmp_path: Path) -> Iterator[Any]:
    """A Celery worker on the queue of replays."""
    celery = [sys.executable, "-m", "celery", "--app", "config", "worker", "--pool", "solo"]
    celery += ["--queues", "precompression", "--loglevel", "INFO"]
    with celery_worker(celery, tmp_path / "worker.log", state_dir=tmp_path) as running:
        yield running


async def _opened(watched: Watched) -> None:
    """The page of the request, once its texts are stored."""
    page = watched.page
    await watched.open("/requests")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await page.locator("a.cover").count():
            await page.reload()
        await page.locator("a.cover").click()
        await expect(page.get_by_role("heading", name="Blocks")).to_be_visible()
        while not await page.get_by_role("heading", name="Answer").count():
            await page.reload()


@pytest.mark.usefixtures("worker")
async def test_kept_read_replayed_deleted(open_page: OpenPage) -> None:
    async with open_page() as watched:
        page = watched.page
        await watched.send(PROMPT)
        await _opened(watched)
        await expect(page.locator("del").first).to_contain_text("INFO worker")
        await watched.looks_right()
        opened = page.locator("tr.opened")
        count = await opened.count()
        await opened.first.get_by_role("button").click()
        await expect(opened).to_have_count(count - 1)
        await page.get_by_role("link", name="Replay it").click()
        await page.get_by_label("Through").select_option(label="careful v1, live")
        await watched.looks_right()
        await page.get_by_role("button", name="Run", exact=True).click()
        # The page follows the worker by itself.
        await expect(page.get_by_text("as they were sent").first).to_be_visible()
        await watched.looks_right()
        await page.locator("a.cover").click()
        await expect(page.get_by_role("heading", name="Blocks that change")).to_be_visible()
        await watched.looks_right()
        await page.get_by_role("link", name="its request").click()
        await page.get_by_text("Delete now").click()
        await page.get_by_role("button", name="Delete these texts").click()
        await expect(page.get_by_text("by admin")).to_be_visible()
