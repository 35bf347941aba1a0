"""Money by the tags that clients give requests, from traces and from rollups alike."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.utils import timezone

from optimizer_app.models import Project, TagRollup
from optimizer_app.rollups import tags as tag_sums
from optimizer_app.rollups.reading import Selection, Stretch
from optimizer_app.rollups.rolling import roll_up_all
from optimizer_app.rollups.spans import DAY
from optimizer_app.spend.focus import COLUMNS, focus_rows
from optimizer_app.spend.tags import spend_by_tag, tag_names, tagged_spends
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.spend.receipts import claude_receipt, receipt_of
from tests.optimizer_app.traces.records import new_record


def of(project: Project) -> tuple[Selection, Stretch]:
    now = timezone.now()
    return Selection((project.pk,)), Stretch(now - DAY, now + DAY)


@pytest.fixture
def bill(project: Project) -> Decimal:
    """What Acme's two requests were billed; one of Globex, one without tags and a stranger's came, too."""
    acme = [
        receipt_of(project, tags={"customer": "acme", "feature": "search"}),
        receipt_of(project, tags={"customer": "acme"}),
    ]
    claude_receipt(project, tags={"customer": "globex"})
    receipt_of(project)
    receipt_of(Project.objects.create(name="theirs"), tags={"customer": "acme", "secret": "yes"})
    return sum((trace.billed_usd for trace in acme), Decimal())


@pytest.mark.parametrize("is_rolled_up", [False, True])
def test_each_value_of_a_tag(project: Project, bill: Decimal, is_rolled_up: bool) -> None:
    if is_rolled_up:
        roll_up_all(timezone.now() + DAY)
        assert TagRollup.objects.filter(tags={"customer": "globex"}).exists()
    rows = {row.value: row.spend for row in spend_by_tag(tagged_spends(*of(project)), "customer")}

    assert {value: spend.requests for value, spend in rows.items()} == {"acme": 2, "globex": 1, "": 1}
    assert rows["acme"].billed_usd == bill
    assert rows["acme"].net_usd == rows["acme"].without_us_usd - bill
    assert tag_names(tagged_spends(*of(project))) == ["customer", "feature"]
    assert [row.value for row in spend_by_tag(tagged_spends(*of(project)), "nobody")] == [""]


@pytest.mark.parametrize("is_rolled_up", [False, True])
def test_focus_has_all_tags_of_a_charge(project: Project, is_rolled_up: bool) -> None:
    tags = {"customer": "acme", "feature": "search"}
    traces = [claude_receipt(project, tags=tags), receipt_of(project)]
    if is_rolled_up:
        roll_up_all(timezone.now() + DAY)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in focus_rows(*of(project))]
    tagged = [row for row in rows if json.loads(row["Tags"])]

    assert {row["Tags"] for row in tagged} == {json.dumps({**tags, "tag": "nightly"})}
    assert sum(row["BilledCost"] for row in tagged) == traces[0].billed_usd
    assert sum(row["x_NetSavings"] or 0 for row in tagged) == traces[0].net_usd
    assert sum(row["x_NetSavings"] or 0 for row in rows) == sum(trace.net_usd for trace in traces)


def test_tags_that_never_come_again_are_one_set(project: Project) -> None:
    sets = [{"request": f"{number:05}"} for number in range(tag_sums.MAX_SETS + 3)]
    store([new_record(project.pk, blocks=[], stages=[], tags=tags) for tags in sets])
    roll_up_all(timezone.now() + DAY)
    rows = {
        row.value: row.spend.requests for row in spend_by_tag(tagged_spends(*of(project)), tag_sums.OTHER)
    }

    assert rows == {"": tag_sums.MAX_SETS, f"more than {tag_sums.MAX_SETS} sets": 3}
