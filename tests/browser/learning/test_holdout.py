"""What optimizing does to answers, as it looks: the comparison of the holdout, feedback on a request."""

from __future__ import annotations

import uuid

import pytest
from playwright.async_api import expect

from optimizer_app.models import ApiKey, OptimizationConfig, RequestTrace
from optimizer_app.traces.feedback import Feedback, give_feedback
from tests.browser.conftest import OpenPage, Site
from tests.dashboard.traces.rows import make_trace
from tests.optimizer_app.holdout.test_comparison import add, add_groups

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def compared(site: Site) -> OptimizationConfig:
    """A config with a holdout that shows a lower cost, more invalid calls, and no difference in time."""
    made = OptimizationConfig.objects.create(
        project=site.project, name="agents", fields={"holdout_share": 0.2}
    )
    add_groups(site.project)
    for number in range(40):
        group = ("held_out", "optimized")[number % 2]
        finish = ("stop", "tool_calls", "length")[number % 3]
        calls = {"calls": 9, "invalid": 3 * (number % 2), "finish": finish}
        add(site.project, group, uuid.uuid4(), total_ms=600.0 + 37 * (number % 11), outcome=calls)
    return made


@pytest.fixture
def judged(site: Site) -> RequestTrace:
    trace = make_trace(site.project, holdout_group="optimized")
    for name, score, label in (("ci", -1.0, "wrong total"), ("web", 0.5, "")):
        give_feedback(trace, ApiKey.issue(project=site.project, name=name)[0].pk, Feedback(score, label))
    return trace


async def test_the_holdout_and_feedback(
    open_page: OpenPage, compared: OptimizationConfig, judged: RequestTrace
) -> None:
    async with open_page() as watched:
        page = watched.page
        await watched.open("/holdout")
        await expect(page.locator(".compared tbody tr")).to_have_count(11)
        await expect(page.get_by_text("Shown: higher where optimized.")).to_be_visible()
        await watched.looks_right()
        await watched.open(f"/requests/{judged.pk}")
        await expect(page.get_by_role("heading", name="Feedback")).to_be_visible()
        await watched.looks_right()
