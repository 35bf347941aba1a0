"""Money as a reader meets it: the page that adds it up, and the receipt of a request."""

from __future__ import annotations

import pytest

from optimizer_app.models import ApiKey, RequestTrace
from tests.browser.conftest import OpenPage, Site
from tests.optimizer_app.spend.receipts import claude_receipt, receipt_of
from tests.optimizer_app.traces.records import BLOCKS

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

LONG_NAME = "gpt-4o-2024-08-06"
BIG_BLOCKS = [{**BLOCKS[0], "tokens_before": 90_900}, BLOCKS[1]]


@pytest.fixture
def trace(site: Site) -> RequestTrace:
    """A request with a receipt of many lines, among others of other models and keys."""
    key = ApiKey.objects.get(project=site.project)
    for tokens in (320, 330, 340):
        receipt_of(site.project, api_key_id=key.pk, model=LONG_NAME, usage_input_tokens=tokens)
    for _ in range(20):
        claude_receipt(site.project, usage_input_tokens=340, breakpoints_added=[])
    first = claude_receipt(
        site.project, usage_output_tokens=900, usage_reasoning_tokens=400, blocks=BIG_BLOCKS,
        tokens_before=91_000, tokens_after=300,
    )  # fmt: skip
    RequestTrace.objects.filter(pk=first.pk).update(conversation_id=first.pk)
    claude_receipt(site.project, conversation_id=first.pk)
    return first


async def test_it_looks_right(trace: RequestTrace, open_page: OpenPage) -> None:
    async with open_page("/money") as watched:
        await watched.looks_right()
        await watched.look_at(
            "/money?by=model", "/money?by=day", f"/requests/{trace.pk}", f"/conversations/{trace.pk}"
        )


async def test_another_sum_is_a_link_away(trace: RequestTrace, open_page: OpenPage) -> None:
    async with open_page("/money") as watched:
        await watched.page.get_by_role("link", name="Model", exact=True).click()
        await watched.page.get_by_role("cell", name=LONG_NAME).first.wait_for()
        async with watched.page.expect_download() as download:
            await watched.page.get_by_role("link", name="FOCUS").click()
        assert (await download.value).suggested_filename == "focus.csv"
