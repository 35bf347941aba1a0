"""What should have stayed: a case made on the pages, and what it stops."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.configs.create import create_config
from optimizer_app.configs.versions.drafts import save_draft
from optimizer_app.models import OptimizationConfig, Project, RegressionCase
from optimizer_app.playground.examples import save_example
from optimizer_app.releases.cases import make_case
from tests.dashboard.configs.releases.test_shares import post
from tests.dashboard.configs.test_views import text_of
from tests.dashboard.traces.rows import make_trace
from tests.optimizer_app.captures.kept import kept_trace
from tests.optimizer_app.releases.prompts import BODY, CASE, NEEDED, ROOMY, TIGHT

NEW = "/configs/cases/new"
PROMPT = {"kind": "openai", "text": json.dumps(BODY), "question": "", "documents": ""}


@pytest.fixture
def config(project: Project, member: User, use_socket: Any, tmp_path: Any) -> OptimizationConfig:
    use_socket(tmp_path / "nobody.sock")
    config = create_config(project, "agents", ROOMY, author=member, is_default=True)
    save_draft(config, member, TIGHT)
    return config


def make(client: Client, **sent: str) -> str:
    fields = {"do": "make", "project": "ci-agent", "name": "deploy key", "keep": NEEDED, **PROMPT}
    return post(client, NEW, **{**fields, **sent})


def test_it_is_made_listed_run_and_deleted(as_member: Client, config: OptimizationConfig) -> None:
    assert "deploy key is a case of ci-agent now" in make(as_member)
    assert "deploy key not run yet" in text_of(as_member, f"/configs/{config.pk}")
    assert "1 case passed under v1." in post(as_member, f"/configs/{config.pk}/cases/run")
    assert "deploy key passed v1, just now" in text_of(as_member, f"/configs/{config.pk}")
    case = RegressionCase.objects.get()
    assert "was deleted" in post(as_member, f"/configs/cases/{case.pk}/delete")
    assert not RegressionCase.objects.exists()


def test_what_is_not_in_the_prompt_is_said_at_the_field(
    as_member: Client, config: OptimizationConfig
) -> None:
    page = make(as_member, keep="Nobody said that.")
    assert "Is not in the prompt itself: “Nobody said that.”" in page
    assert not RegressionCase.objects.exists()


def test_it_stops_publishing_until_a_note_says_why(
    as_member: Client, member: User, config: OptimizationConfig
) -> None:
    make_case(config.project, "deploy key", CASE, member)
    place = f"/configs/{config.pk}/publish"
    assert "1 regression case runs first." in text_of(as_member, place)
    page = post(as_member, place, base_version="1", to="all")
    assert "1 regression case failed. See below which." in page
    assert f"<q>{NEEDED}</q>" in page
    assert "Must say why it is published" in post(as_member, place, base_version="1", to="all", anyway="on")
    sent = {"base_version": "1", "to": "all", "anyway": "on", "note": "the key is gone"}
    assert "v2 is live" in post(as_member, place, **sent)
    assert "published although 1 regression case failed" in text_of(
        as_member, f"/configs/{config.pk}/versions/2"
    )


def test_a_share_goes_to_all_with_a_failing_case_only_for_a_reason(
    as_member: Client, member: User, config: OptimizationConfig
) -> None:
    post(as_member, f"/configs/{config.pk}/publish", base_version="1", to="conversations", percent="20")
    make_case(config.project, "deploy key", CASE, member)
    page = post(as_member, f"/configs/{config.pk}/share/publish")
    assert f"<q>{NEEDED}</q>" in page
    assert "Publish although cases fail" in page
    sent = {"anyway": "on", "note": "the key is gone"}
    assert "v2 is live" in post(as_member, f"/configs/{config.pk}/share/publish", **sent)


def test_try_runs_them(as_member: Client, member: User, config: OptimizationConfig) -> None:
    make_case(config.project, "deploy key", CASE, member)
    page = post(as_member, f"/configs/{config.pk}/try", prompt="What is 2 + 2?")
    assert f"<q>{NEEDED}</q>" in page
    assert "draft" in text_of(as_member, f"/configs/{config.pk}")


def test_from_a_request_whose_text_was_not_kept(as_member: Client, config: OptimizationConfig) -> None:
    trace = make_trace(config.project)
    page = text_of(as_member, f"{NEW}?project=ci-agent&request={trace.pk}&block=2")
    assert "Block 2, user, log, of request" in page
    assert "Its text is not there (not kept by config balanced v3): paste the prompt" in page
    make(as_member, request=str(trace.pk))
    assert RegressionCase.objects.get().trace_id == trace.pk
    assert "its request" in text_of(as_member, f"/configs/{config.pk}")


def test_from_a_request_whose_text_was_kept(as_member: Client, config: OptimizationConfig) -> None:
    trace = kept_trace(config.project)
    page = text_of(as_member, f"{NEW}?project=ci-agent&request={trace.pk}&block=3")
    assert "all is well ERROR disk full" in page.partition("What must stay")[2]
    assert "You are a clerk." in page
    assert "paste the prompt" not in page


def test_from_a_block_of_the_playground(as_member: Client, config: OptimizationConfig) -> None:
    sent = {**PROMPT, "project": "ci-agent", "config": "agents", "settings": "max_input_tokens = 60"}
    page = post(as_member, NEW, **sent, block="A-2")
    assert f"{NEEDED} Nothing else" in page.partition("What must stay</label>")[2].partition("</textarea>")[0]
    assert "vault 7421" in page.partition("Prompt</label>")[2]
    for odd in ("A-99", "B-x", "nonsense"):
        post(as_member, NEW, **sent, block=odd)


def test_an_example_fills_the_prompt(as_member: Client, member: User, config: OptimizationConfig) -> None:
    example = save_example(config.project, "deploy", CASE.prompt, member)
    page = post(
        as_member, NEW, project="ci-agent", do="example", example=example.pk.hex, keep="kept as typed"
    )
    assert "vault 7421" in page
    assert "kept as typed" in page


def test_cases_of_others_do_not_exist(as_member: Client, member: User, foreign_project: Project) -> None:
    case = make_case(foreign_project, "theirs", CASE, member)
    assert as_member.post(f"/configs/cases/{case.pk}/delete").status_code == 404
    assert as_member.get(f"/configs/cases/{case.pk}/delete").status_code == 405
