"""The page of one request."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from dashboard.traces.headline import headline, money_sentence, notices, retrieval_sentence, zero_explained
from optimizer_app.models import ApiKey, Project, RequestTrace
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import block, make_trace


def page(client: Client, trace: RequestTrace, rest: str = "") -> str:
    return page_text(client, f"/requests/{trace.pk}{rest}")


def test_it_works(as_admin: Client, project: Project) -> None:
    key, _ = ApiKey.issue(project=project, name="ci")
    trace = make_trace(project, api_key=key, gross_usd=Decimal("0.1170"), net_usd=Decimal("0.0412"))
    text = page(as_admin, trace)
    assert '<h1 class="hero">Cut 60% in 38 ms</h1>' in text
    assert "1,000 → 400 tokens" in text
    assert "Net $0.0412 = $0.1170 gross − $0.0758 cache effect" in text
    assert "log cut" in text
    assert key.shown_prefix in text
    assert "text not kept by config balanced v3" in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Cut 60% in 38 ms"),
        ({"tokens_after": 1000}, "Cut nothing in 38 ms"),
        ({"tokens_after": 1012, "latency_ms": 1240}, "Grew by 12 tokens in 1.24 s"),
        ({"route": "bypass", "tokens_after": 1000}, "Forwarded byte for byte"),
    ],
)
def test_headline(fields: dict[str, Any], said: str) -> None:
    values = {"route": "heuristic_only", "tokens_before": 1000, "tokens_after": 400, "latency_ms": 38}
    assert headline(RequestTrace(**{**values, **fields})) == said


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"why_not": "nothing_redundant"}, "0 cut: no rule found anything that could be left out."),
        ({"why_not": "bypassed", "route": "bypass"}, "0 cut: the caller switched the optimizer off."),
        (
            {"why_not": "added", "tokens_after": 41_005},
            "Nothing is saved: more was added to it than cut from it.",
        ),
        ({}, "0 cut: no reason was noted for it."),
        ({"tokens_after": 1}, ""),
    ],
)
def test_zero_is_explained(fields: dict[str, Any], said: str) -> None:
    trace = RequestTrace(**{"tokens_before": 41_000, "tokens_after": 41_000, "route": "cache", **fields})
    assert zero_explained(trace) == said


@pytest.mark.parametrize(
    ("gross", "net", "said"),
    [
        (None, None, "Money is not counted: no list price is known for gpt-4o."),
        ("2", None, "Gross $2.00 at list price. Net is not known: no usage was reported."),
        ("2", "3", "Net $3.00 = $2.00 gross + $1.00 cache effect"),
        ("2", "-1", "Net −$1.00 = $2.00 gross − $3.00 cache effect"),
        ("0", "0", "No money was saved."),
    ],
)
def test_money_sentence(gross: str | None, net: str | None, said: str) -> None:
    trace = RequestTrace(
        model="gpt-4o",
        gross_usd=None if gross is None else Decimal(gross),
        net_usd=None if net is None else Decimal(net),
    )
    assert money_sentence(trace) == said


def test_notices_put_the_worst_first() -> None:
    trace = RequestTrace(
        status="interrupted",
        error="client left",
        model="claude",
        tokens_estimated=True,
        fallback_used=True,
        fallback_reason="constraint lost",
        net_usd=Decimal(-1),
        stages=[{"name": "logs", "status": "failed", "reason": "RecursionError"}],
    )
    found = notices(trace)
    assert [notice.level for notice in found] == ["danger", "danger", "warn", "warn", "note"]
    assert found[0].text.startswith("Stage logs failed (RecursionError).")
    assert "no saving is claimed" in found[0].text
    assert found[2].text == "Interrupted: the answer ended early. client left"
    assert found[3].text == "Fell back: constraint lost"


def test_a_missed_budget_and_a_compaction_are_told() -> None:
    missed = "900 tokens are left of a budget of 800"
    stages = [{"name": "compaction", "reason": "90 tokens are sent anew: $0.0001 of cache discount lost"}]
    trace = RequestTrace(status="ok", over_budget=missed, compacted=True, stages=stages)
    texts = [notice.text for notice in notices(trace)]
    assert texts[0] == f"Over the hard budget: {missed}. What must be kept is larger."
    assert texts[1].startswith("Compaction: what had been sent before was rewritten")
    assert texts[1].endswith("90 tokens are sent anew: $0.0001 of cache discount lost.")


def test_provider_error_is_named() -> None:
    trace = RequestTrace(status="error", http_status=502, error="upstream_unavailable")
    assert [notice.text for notice in notices(trace)] == ["The provider answered 502: upstream_unavailable"]


def test_bypass_has_no_blocks_to_show(as_admin: Client, project: Project) -> None:
    text = page(as_admin, make_trace(project, route="bypass", tokens_after=1000, blocks=[], stages=[]))
    assert "Forwarded byte for byte" in text
    assert "a bypassed request is not read" in text
    assert "data-strip" not in text


def test_failed_stage_is_red(as_admin: Client, project: Project) -> None:
    text = page(as_admin, make_trace(project, stages=[{"name": "logs", "status": "failed", "ms": 3}]))
    assert '<li class="failed">' in text
    assert 'class="alert danger"' in text


def test_compressed_blocks_and_what_there_was_no_time_for_say_why(as_admin: Client, project: Project) -> None:
    late = "would take about 900 ms, 320 ms are left; would have saved about 2,100 tokens"
    kept = "compression would score 0.41, below 0.85: kept as it was"
    trace = make_trace(
        project,
        route="heuristic+compression",
        stages=[
            {"name": "semantic", "status": "skipped", "ms": 0.1, "tokens_cut": 0, "reason": late},
            {"name": "compress", "status": "ran", "ms": 90.0, "tokens_cut": 120, "reason": ""},
        ],
        blocks=[
            block(900, 780, stage="compress", reason="compressed: faithfulness 0.88", faithfulness=0.88),
            block(400, 400, reason=kept, faithfulness=0.41),
        ],
    )
    text = page(as_admin, trace)
    assert f"skipped: {late}" in text
    assert "compressed: faithfulness 0.88" in text
    assert kept in text
    assert "<span>Heuristics, compression</span>" in text


def test_strip_and_table_agree_to_the_token(as_admin: Client, project: Project) -> None:
    text = page(as_admin, make_trace(project))
    assert "2 blocks: 1,000 tokens before, 700 sent" in text
    rows = re.findall(
        r'<tr class="group">.*?<td class="n b-before">([\d,]+)</td><td class="n">([\d,]+)', text
    )
    assert sum(int(before.replace(",", "")) for before, _ in rows) == 1000
    assert sum(int(after.replace(",", "")) for _, after in rows) == 700


def test_filters_on_blocks(as_admin: Client, project: Project) -> None:
    trace = make_trace(project)
    text = page(as_admin, trace, "?fate=rewritten")
    assert 'id="b2"' in text
    assert 'id="b1"' not in text
    assert "No block matches" in page(as_admin, trace, "?fate=dropped")


def test_two_hundred_blocks_stay_light(as_admin: Client, project: Project) -> None:
    blocks = [block(40 + n % 90, 40 + (n % 3) * 10, turn=n // 4, reason=f"reason {n}") for n in range(200)]
    text = page(as_admin, make_trace(project, blocks=blocks))
    assert len(re.findall(r"<[a-z]", text)) <= 1500


def test_group_opens_by_itself(as_admin: Client, project: Project) -> None:
    blocks = [block(100, 100 - n % 2, turn=n // 10) for n in range(100)]
    trace = make_trace(project, blocks=blocks)
    assert 'id="b95"' not in page(as_admin, trace)
    assert 'id="b95"' in page(as_admin, trace, "?open=turn-10")
    answer = as_admin.get(f"/requests/{trace.pk}/blocks?group=turn-10&open=1", headers={"HX-Request": "true"})
    fragment = answer.content.decode()
    assert fragment.lstrip().startswith('<tbody id="g-turn-10"')
    assert 'id="b95"' in fragment


def test_a_large_group_shows_a_stretch_at_a_time(as_admin: Client, project: Project) -> None:
    blocks = [block(50, 10 * (n % 3), turn=0, reason=f"reason {n}") for n in range(450)]
    trace = make_trace(project, blocks=blocks)
    numbers = re.compile(r'<tr id="b(\d+)"')
    first = page(as_admin, trace)
    assert numbers.findall(first)[::199] == ["1", "200"]
    assert ">More blocks, from #201</a>" in first
    assert "Earlier blocks" not in first
    asked = page(as_admin, trace, "?open=turn-1&at=399")
    assert numbers.findall(asked)[::199] == ["201", "400"]
    assert ">Earlier blocks, from #1</a>" in asked
    path = f"/requests/{trace.pk}/blocks?group=turn-1&open=1&at=401"
    fragment = as_admin.get(path, headers={"HX-Request": "true"}).content.decode()
    assert numbers.findall(fragment)[::49] == ["401", "450"]
    assert "More blocks" not in fragment


def test_a_fold_that_is_too_large_to_open_in_place_leads_to_its_rows(
    as_admin: Client, project: Project
) -> None:
    trace = make_trace(project, blocks=[block(90, 30, turn=0, reason="cut") for _ in range(250)])
    assert "&amp;from=1" not in page(as_admin, trace)
    spread = page(as_admin, trace, "?open=turn-1&all=turn-1&at=250")
    assert '<tr id="b201"' in spread
    assert '<tr id="b200"' not in spread


def test_fold_opens_into_its_rows(as_admin: Client, project: Project) -> None:
    tools = [
        block(90, 30, type="tool", kind="schema", turn=-1, reason="first sentence kept") for _ in range(14)
    ]
    trace = make_trace(project, blocks=tools)
    assert "14 tools</a>, first sentence kept" in page(as_admin, trace)
    assert 'id="b14"' in page(as_admin, trace, "?open=tools&all=tools&at=1")
    path = f"/requests/{trace.pk}/blocks?group=tools&from=1&to=14"
    fragment = as_admin.get(path, headers={"HX-Request": "true"}).content.decode()
    assert fragment.count("<tr id=") == 14


def test_neighbours_follow_the_filters_of_the_list(as_admin: Client, project: Project) -> None:
    older = make_trace(project, age=timedelta(days=9))
    make_trace(project, age=timedelta(minutes=8), model="other")
    trace = make_trace(project, age=timedelta(minutes=5))
    newer = make_trace(project)
    text = page(as_admin, trace, "?model=gpt-4o")
    assert f'rel="prev" data-key="[" href="/requests/{older.pk}?model=gpt-4o"' in text
    assert f'rel="next" data-key="]" href="/requests/{newer.pk}?model=gpt-4o"' in text


def test_neighbours_stay_within_the_walls(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    make_trace(foreign_project, age=timedelta(minutes=9))
    trace = make_trace(project, age=timedelta(minutes=5))
    make_trace(foreign_project)
    text = page(as_member, trace)
    assert 'rel="prev"' not in text
    assert 'rel="next"' not in text


def test_json_holds_every_figure(as_admin: Client, project: Project) -> None:
    trace = make_trace(project, gross_usd=Decimal("0.041234567"))
    answer = as_admin.get(f"/requests/{trace.pk}.json")
    found = json.loads(answer.content)
    assert answer["Content-Disposition"].startswith("attachment")
    assert found["tokens_saved"] == 600
    assert found["gross_usd"] == "0.041234567"
    assert found["blocks"] == trace.blocks
    assert found["project"] == "ci-agent"


def test_reasons_are_escaped(as_admin: Client, project: Project) -> None:
    blocks = [block(9, 3, reason="<img src=x onerror=alert(1)>")]
    assert "<img src=x" not in page(as_admin, make_trace(project, blocks=blocks))


def test_what_stored_documents_brought_is_told(as_admin: Client, project: Project) -> None:
    brought = block(
        0,
        150,
        id="retrieved-7",
        origin="retrieved",
        type="doc",
        kind="document",
        stage="retrieval",
        reason="Handbook",
    )
    left_out = block(90, 0, id="b1", type="doc", kind="document", stage="passages")
    trace = make_trace(project, blocks=[left_out, brought], tokens_before=1_000, tokens_after=1_060)
    text = page(as_admin, trace)
    assert "Stored documents brought 150 tokens, in the place of 90 of its own." in text
    assert "Grew by 60 tokens" in text
    assert "Handbook" in text
    assert retrieval_sentence(make_trace(project)) == ""


READ = {"round": 1, "handle": "482193", "found": True, "block": "b2", "stage": "logs", "tokens": 90}
CALL = {"input_tokens": 410, "cached_tokens": 0, "cache_write_tokens": None, "output_tokens": 12}


def test_what_was_read_back(as_admin: Client, project: Project) -> None:
    trace = make_trace(
        project,
        blocks=[block(600, 600), block(400, 100, id="b2", stage="logs", reason="log cut")],
        read_backs=[READ, {**READ, "round": 2, "handle": "", "found": False, "stage": "", "block": ""}],
        provider_calls=[CALL, {**CALL, "input_tokens": 512, "cached_tokens": 400}],
        usage_input_tokens=922,
        gross_usd=Decimal("0.5"),
        net_usd=Decimal("0.2"),
        read_back_usd=Decimal("0.1"),
    )
    text = page(as_admin, trace)

    assert "Net $0.2000 = $0.5000 gross − $0.2000 cache effect − $0.1000 reading back" in text
    assert "The model asked 2 times, and read 90 tokens, in 1 more call of the provider." in text
    assert "That cost $0.1000; net counts it." in text
    assert "logs cut 300 tokens, of which 90 were read back" in " ".join(text.split())
    assert "#482193" in text
    assert "block 2" in text
    assert "nothing was left out under it" in text
    assert "Provider billed, 2 calls" in " ".join(text.split())
    assert "(+2.5%)" in text  # of the first call, which is the one that we counted
    found = as_admin.get(f"/requests/{trace.pk}.json").json()
    assert found["read_backs"] == trace.read_backs
    assert found["provider_calls"] == trace.provider_calls


AGAIN = {"tool": "read_log", "stage": "logs", "steps": 3, "tokens": 2140}


def test_what_was_called_again_after_a_cut(as_admin: Client, project: Project) -> None:
    trace = make_trace(project, re_reads=[AGAIN, {**AGAIN, "stage": "results", "tokens": 60}])
    text = " ".join(page(as_admin, trace).split())

    assert "The model called tools 2 times again with the same arguments, and got 2,200 tokens." in text
    assert "2,140 tokens are charged to logs" in text
    assert "60 tokens are charged to results" in text
    assert as_admin.get(f"/requests/{trace.pk}.json").json()["re_reads"] == trace.re_reads


def test_nothing_read_again_has_no_section(as_admin: Client, project: Project) -> None:
    text = page(as_admin, make_trace(project))
    assert "Read back" not in text
    assert "Called again" not in text


def test_net_below_zero_by_reading_back_says_so() -> None:
    trace = RequestTrace(net_usd=Decimal("-0.01"), gross_usd=Decimal("0.02"), read_back_usd=Decimal("0.03"))
    assert "reading back what was cut cost more" in notices(trace)[0].text


def test_what_was_masked_is_told_by_its_numbers() -> None:
    trace = RequestTrace(status="ok", masked={"email": 2, "api_key": 1})
    texts = [notice.text for notice in notices(trace)]
    assert texts == ["Kept from the provider by placeholders: email 2, api_key 1."]


def test_who_was_asked_in_which_order(as_admin: Client, project: Project) -> None:
    attempts = [
        {"provider": "first", "model": "", "status": None, "ms": 0.0, "why": "circuit open"},
        {"provider": "house", "model": "", "status": 503, "ms": 41.0, "why": ""},
        {"provider": "spare", "model": "mini", "status": 200, "ms": 90.0, "why": ""},
    ]
    trace = make_trace(project, provider="spare", attempts=attempts)
    page = page_text(as_admin, f"/requests/{trace.pk}")
    assert "In this order, until spare answered." in page
    assert '<td>gpt-4o</td><td>circuit open</td><td class="n">not asked</td>' in page
    assert '<td>mini</td><td>status 200</td><td class="n">90 ms</td>' in page
    assert "Who was asked" not in page_text(as_admin, f"/requests/{make_trace(project).pk}")


def test_tags_lead_to_the_requests_that_have_them(as_admin: Client, project: Project) -> None:
    trace = make_trace(project, tags={"customer": "acme & co"})
    page = page_text(as_admin, f"/requests/{trace.pk}")
    assert f'href="/requests?tags=customer=acme%20%26%20co&amp;project={project.name}"' in page
    other = make_trace(project, tags={"customer": "other"})
    found = page_text(as_admin, "/requests?tags=customer=acme%20%26%20co")
    assert f"/requests/{trace.pk}" in found
    assert f"/requests/{other.pk}" not in found
