"""A conversation with its turns, and two requests side by side."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

from django.test import Client

from dashboard.conversation.comparison import compare
from optimizer_app.models import Project, RequestTrace
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import block, make_trace


def conversation(project: Project) -> list[RequestTrace]:
    """Two turns: on the second the first one's document stands frozen, and a tool result is cut."""
    first = make_trace(
        project,
        age=timedelta(minutes=3),
        tokens_before=1000,
        tokens_after=700,
        net_usd=Decimal("0.01"),
        gross_usd=Decimal("0.01"),
        usage_input_tokens=700,
        blocks=[block(1000, 700, id="m0.0")],
    )
    first.conversation_id = first.pk
    first.save(update_fields=["conversation_id"])
    second = make_trace(
        project,
        age=timedelta(minutes=1),
        tokens_before=2000,
        tokens_after=900,
        conversation_id=first.pk,
        net_usd=Decimal("0.02"),
        gross_usd=Decimal("0.03"),
        usage_input_tokens=900,
        usage_cached_tokens=800,
        compacted=True,
        read_backs=[{"found": True}],
        blocks=[block(1000, 700, id="m0.0", frozen=True), block(1000, 200, id="m1.0", kind="log")],
    )
    return [first, second]


def test_a_conversation_has_its_turns_in_order_and_in_sum(as_member: Client, project: Project) -> None:
    first, second = conversation(project)
    page = page_text(as_member, f"/conversations/{first.pk}")
    assert "2 turns, cut 47%" in page
    assert "3,000 → 1,600 tokens" in page
    assert "Net $0.0300" in page
    assert "50% of the input from its cache" in page
    assert "1 compaction." in page
    assert page.index(str(first.pk)) < page.index(str(second.pk))
    assert "1 read back" in page
    assert 'aria-label="700 tokens sent before, 900 sent of 2,000"' in page
    assert f"/requests/{first.pk}/against/{second.pk}" in page


def test_anothers_conversation_does_not_exist(as_member: Client, foreign_project: Project) -> None:
    first, second = conversation(foreign_project)
    assert as_member.get(f"/conversations/{first.pk}").status_code == 404
    assert as_member.get(f"/requests/{first.pk}/against/{second.pk}").status_code == 404
    assert as_member.get(f"/conversations/{uuid.uuid4()}").status_code == 404


def test_a_request_leads_to_its_conversation(as_member: Client, project: Project) -> None:
    first, second = conversation(project)
    assert f'href="/conversations/{first.pk}"' in page_text(as_member, f"/requests/{second.pk}")
    alone = make_trace(project)
    assert "/conversations/" not in page_text(as_member, f"/requests/{alone.pk}")


def test_two_requests_are_compared_by_block(as_member: Client, project: Project) -> None:
    first, second = conversation(project)
    found = compare(first, second)
    assert (found.same, [pair.change for pair in found.pairs]) == (1, [200])
    page = page_text(as_member, f"/requests/{first.pk}/against/{second.pk}")
    assert "1 block differs, 1 is the same in both." in page
    assert "not there" in page
    assert "Turn 1 · user, log" in page
    assert "+200" in page


def test_tools_are_paired_with_tools_though_a_turn_shifts_the_ids(project: Project) -> None:
    tool = {"type": "tool", "kind": "schema", "turn": -1}
    first = make_trace(project, blocks=[block(9, 9, id="b0"), block(83, 39, id="b1", **tool)])
    grown = [block(9, 9, id="b0"), block(5, 5, id="b1", turn=1), block(83, 39, id="b2", **tool)]
    found = compare(first, make_trace(project, blocks=grown))
    assert (found.same, [pair.what for pair in found.pairs]) == (2, ["Turn 2 · user"])


def test_the_same_twice_differs_nowhere(as_member: Client, project: Project) -> None:
    first, _ = conversation(project)
    page = page_text(as_member, f"/requests/{first.pk}/against/{first.pk}")
    assert "No block differs, 1 is the same in both." in page


def test_any_two_requests_are_compared(as_member: Client, project: Project, foreign_project: Project) -> None:
    first, other, theirs = make_trace(project), make_trace(project), make_trace(foreign_project)
    assert f'action="/requests/{first.pk}/against"' in page_text(as_member, f"/requests/{first.pk}")
    answer = as_member.get(f"/requests/{first.pk}/against?with={other.pk}")
    assert answer["Location"] == f"/requests/{first.pk}/against/{other.pk}"
    for asked in (theirs.pk, "nonsense", ""):
        answer = as_member.get(f"/requests/{first.pk}/against?with={asked}", follow=True)
        assert "No request of yours has an id that begins so." in answer.content.decode()
    assert as_member.get(f"/requests/{theirs.pk}/against?with={first.pk}").status_code == 404


def test_a_conversation_has_its_bill_beside_what_it_would_have_been(
    as_member: Client, project: Project
) -> None:
    first, second = conversation(project)
    for turn, billed in ((first, "0.1"), (second, "0.2")):
        turn.billed_usd = Decimal(billed)
        turn.save(update_fields=["billed_usd"])

    page = " ".join(page_text(as_member, f"/conversations/{first.pk}").split())

    assert "<b>$0.3000 billed</b>, without us $0.3300: net $0.0300." in page
