"""The holdout and proposals by keyboard alone: found, read, dismissed. Console messages fail the walk."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.async_api import Locator, expect

from optimizer_app.models import OptimizationConfig, TuningProposal
from optimizer_app.tuning.proposals import propose
from tests.browser.conftest import OpenPage, Site
from tests.optimizer_app.holdout.test_comparison import add_groups
from tests.optimizer_app.tuning.test_proposals import wanted_again

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]
MAX_TABS = 60


@pytest.fixture
def proposal(site: Site) -> TuningProposal:
    """A proposal for a config that holds conversations out."""
    fields = {"holdout_share": 0.2, "tuning": "propose", "target_reduction": 0.5}
    config = OptimizationConfig.objects.create(project=site.project, name="agents", fields=fields)
    add_groups(site.project)
    wanted_again(site.project)
    found = propose(config, timezone.now())
    assert found is not None
    return found


async def tab_to(wanted: Locator) -> None:
    """Tab until it has the focus."""
    for _ in range(MAX_TABS):
        await wanted.page.keyboard.press("Tab")
        if await wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {wanted}")


async def test_a_proposal_is_dismissed_without_a_mouse(open_page: OpenPage, proposal: TuningProposal) -> None:
    async with open_page("/holdout") as watched:
        page = watched.page
        await tab_to(page.locator("#content").get_by_role("link", name="agents"))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="agents").first).to_be_visible()
        await watched.open("/proposals")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("read_log was called again")).to_be_visible()
        await watched.looks_right()
        await tab_to(page.get_by_label("Dismiss it, because"))
        await page.keyboard.type("These results are needed whole.")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Dismissed by admin")).to_be_visible()
        await watched.open("/proposals")
        await expect(page.get_by_role("cell", name="Dismissed")).to_be_visible()
        await watched.looks_right()
