"""The playground: a prompt tried under one config or several, and nothing stored."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import save_draft
from optimizer_app.models import OptimizationConfig, Project, RequestTrace
from optimizer_app.prompts.create import create_template
from optimizer_app.prompts.versions.publish import publish
from tests.dashboard.pages import one_line, page_text
from tests.dashboard.traces.rows import make_trace
from tests.optimizer_app.captures.kept import kept_trace
from tests.optimizer_app.prompts.contents import content

LINES = (f"2026-11-29 05:00:{n % 60:02} INFO worker {n}: job {n * 7} done" for n in range(300))
LOG = "\n".join([*LINES, "2026-11-29 05:07:01 ERROR deploy failed: disk full on node-7"])
TEXT = f"Why did the deploy fail?\n\n{LOG}\n"


def post(client: Client, path: str = "/playground", **values: str) -> Any:
    return client.post(path, {"do": "run", "kind": "text", "text": TEXT, "columns": "1", **values})


def tried(client: Client, **values: str) -> str:
    answer = post(client, **values)
    assert answer.status_code == 200
    return one_line(answer.content.decode())


def test_it_works(as_member: Client, project: Project) -> None:
    page = tried(as_member)
    assert '<h2 class="hero" id="head-A">Cut ' in page
    assert "nothing was sent" in page
    assert "disk full on node-7" in page
    assert "<del>" in page
    assert 'data-strip="a-b"' in page
    assert 'id="a-b2"' in page
    assert not RequestTrace.objects.exists()


def test_it_opens_with_the_settings_of_the_url(as_member: Client, project: Project) -> None:
    OptimizationConfig.objects.create(project=project, name="agents", preset="safe")
    page = page_text(as_member, "/playground?config=agents&budget=900&config-2=&model=gpt-5&kind=anthropic")
    assert '<option value="agents" selected>' in page
    assert 'name="budget" value="900"' in page
    assert 'name="model" value="gpt-5"' in page
    assert 'name="config-2"' in page
    assert 'value="anthropic" required' in page or 'value="anthropic" id="id_kind_2"' in page
    assert 'name="config-3"' not in page


def test_a_request_opens_with_its_settings(as_member: Client, project: Project) -> None:
    OptimizationConfig.objects.create(project=project, name="agents", preset="safe")
    trace = make_trace(project, config_name="agents", budget_tokens=900, dialect="anthropic")
    link = re.search(
        r'href="(/playground[^"]*)" title="In the playground', page_text(as_member, f"/requests/{trace.pk}")
    )
    assert link is not None
    page = page_text(as_member, html.unescape(link[1]))
    assert '<option value="agents" selected>' in page
    assert 'name="budget" value="900"' in page
    assert 'name="model" value="gpt-4o"' in page
    assert "Its text was not kept: paste it." in page
    assert "was not kept" not in page_text(as_member, "/playground?request=nonsense")


def test_a_request_opens_with_its_text_where_that_is_kept(as_member: Client, project: Project) -> None:
    trace = kept_trace(project)
    page = page_text(as_member, f"/playground?request={trace.pk}")
    assert "Why did the job fail?" in page
    assert "The settings and the text are those of request" in page


def test_a_text_in_the_url_is_not_taken(as_member: Client, project: Project) -> None:
    page = page_text(as_member, "/playground?text=SECRET&question=SECRET")
    assert "SECRET</textarea>" not in page
    assert 'value="SECRET"' not in page


def test_what_was_posted_is_never_kept_by_browsers(as_member: Client, project: Project) -> None:
    assert "no-store" in post(as_member)["Cache-Control"]


def test_a_budget_is_met(as_member: Client, project: Project) -> None:
    page = tried(as_member, budget="400")
    assert "balanced, 400 tokens" in page
    assert "Over the hard budget" not in page


@pytest.mark.parametrize("kind", ["openai", "anthropic", "responses"])
def test_bodies_of_each_dialect_are_read(as_member: Client, project: Project, kind: str) -> None:
    key = "input" if kind == "responses" else "messages"
    body = {"model": "gpt-5", key: [{"role": "user", "content": TEXT}]}
    page = tried(as_member, kind=kind, text=json.dumps(body))
    assert "Cut " in page
    assert "<span>gpt-5</span>" in page


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("text", " ", "There is no text and no question."),
        ("openai", '{"messages": [', "The body is not valid JSON: Expecting value at line 1, column 15."),
        ("openai", "[]", "The body must be a JSON object, not list."),
        ("openai", "{}", "Messages is missing."),
        ("openai", '{"input": "Hi"}', "Messages is missing: with input it is a Responses body."),
        (
            "responses",
            '{"messages": []}',
            "Input is missing: with messages it is an OpenAI or",
        ),
        ("openai", '{"messages": []}', "Messages is empty."),
        ("anthropic", '{"messages": "Hi"}', "Messages must be a list, not str."),
        ("openai", '{"messages": ["Hi"]}', "Messages[0] must be an object, not str."),
        ("openai", '{"model": 5, "messages": []}', "Model must be a string, not int."),
    ],
)
def test_what_is_no_prompt_is_named(
    as_member: Client, project: Project, kind: str, text: str, said: str
) -> None:
    page = tried(as_member, kind=kind, text=text)
    assert page.count(said) == 2
    assert 'class="hero"' not in page


def test_errors_of_settings_stand_at_their_fields(as_member: Client, project: Project) -> None:
    OptimizationConfig.objects.create(project=project, name="broken", fields={"mmr_lambda": 7})
    page = tried(as_member, config="broken", budget="0")
    assert "It cannot be used: mmr_lambda must be between 0 and 1, not 7." in page
    assert "Ensure this value is greater than or equal to 1." in page


def test_a_question_and_documents_given_apart(as_member: Client, project: Project) -> None:
    documents = "Refunds\r\nMoney comes back within five working days.\r\n---\r\nHolidays\r\nClosed."
    page = tried(as_member, text="", question="When is the money back?", documents=documents)
    assert "[1] Refunds" in page
    assert "[2] Holidays" in page
    assert "When is the money back?" in page


def test_columns_are_compared_with_the_first(as_member: Client, project: Project) -> None:
    page = tried(as_member, columns="3", **{"config-2": "safe", "config-3": ""})
    assert "Run all" in page
    assert '<a href="#column-B">B</a> safe (preset)' in page
    assert "the same blocks" in page
    assert page.count('class="hero"') == 3


def test_single_settings_stand_over_a_config(as_member: Client, project: Project) -> None:
    settings = "target_reduction = 0.9\r\n\r\nkeep_last_n_turns=1"
    page = tried(as_member, columns="2", **{"settings-2": settings})
    assert '<a href="#column-B">B</a> Default: balanced, target_reduction = 0.9, keep_last_n_turns=1' in page


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("target_reduction", "Line 1: write it as field = value."),
        ("\ntarget_reduction = 7", "Line 2: target_reduction must be between 0 and 1, not 7."),
        ("redis_url = redis://there", "Line 1: redis_url cannot be set here"),
        ("nonsense = 1", "Line 1: nonsense is no field of a config."),
    ],
)
def test_settings_that_cannot_be_used_are_named(
    as_member: Client, project: Project, settings: str, said: str
) -> None:
    assert tried(as_member, settings=settings).count(said) == 2


def test_columns_are_added_and_removed_without_a_run(as_member: Client, project: Project) -> None:
    page = tried(as_member, do="add", config="safe")
    assert 'name="config-2"' in page
    assert "disk full on node-7" in page
    assert 'class="hero"' not in page
    page = tried(as_member, do="remove-1", columns="2", config="safe", **{"config-2": "aggressive"})
    assert '<option value="aggressive" selected>' in page
    assert 'name="config-2"' not in page
    assert 'name="columns" value="4"' in tried(as_member, do="add", columns="4")


def test_an_example_fills_the_form(as_member: Client, project: Project) -> None:
    page = tried(as_member, do="example", example="A question about our own docs", text="mine")
    assert "claude-" in page
    assert "mine</textarea>" not in page


def test_the_models_of_requests_are_among_the_costs(as_member: Client, project: Project) -> None:
    page = tried(as_member, model="gpt-4o-mini")
    assert '<th scope="row">gpt-4o-mini</th>' in page
    assert '<th scope="row">claude-sonnet-4-5</th>' in page


def test_another_project_s_configs_cannot_be_chosen(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    OptimizationConfig.objects.create(project=foreign_project, name="theirs")
    page = tried(as_member, config="theirs", project="not-yours")
    assert "Select a valid choice. theirs is not one of the available choices." in page
    assert as_member.get("/playground?project=not-yours").status_code == 404


def test_a_reader_with_several_projects_chooses_one(
    as_admin: Client, project: Project, foreign_project: Project
) -> None:
    OptimizationConfig.objects.create(project=foreign_project, name="theirs")
    page = tried(as_admin, project="not-yours", config="theirs")
    assert "<span>theirs</span>" in page


def test_strangers_are_sent_to_the_door(client: Client, project: Project) -> None:
    assert post(client).headers["location"].startswith("/login")


def test_a_template_is_tried_with_values(as_member: Client, project: Project, member: User) -> None:
    template = create_template(project, "support-answer")
    publish(template, member, content(), base_version=0)
    key = template.pk.hex
    opened = as_member.get(f"/playground?kind=template&template={key}").content.decode()
    assert "Where is order 1007?" in opened
    typed = {"kind": "template", "template": key, "text": '{"question": "Who?"}', "do": "run"}
    html = one_line(as_member.post("/playground", {**typed, "columns": "1"}).content.decode())
    assert "In a formal tone: Who?" in html
    refused = as_member.post("/playground", {**typed, "text": '{"tone": "rude"}'}).content.decode()
    assert "Tone: must be one of formal, friendly; question: is missing" in refused
    kept = as_member.post("/playground", {**typed, "do": "save", "example_name": "x"}).content.decode()
    assert "kept as examples in the template itself" in kept


def test_without_templates_there_is_no_such_choice(as_member: Client, project: Project) -> None:
    assert 'value="template"' not in as_member.get("/playground").content.decode()


def test_a_draft_is_a_column_for_its_author_alone(
    as_member: Client, as_admin: Client, member: User, project: Project
) -> None:
    config = OptimizationConfig.objects.create(project=project, name="agents", preset="safe")
    save_draft(config, member, ConfigValues("safe", {"max_input_tokens": 400, "safety_margin_tokens": 0}))
    page = page_text(as_member, "/playground?config=draft:agents")
    assert '<option value="draft:agents" selected>agents (your draft)</option>' in page
    assert "agents (your draft)" not in page_text(as_admin, "/playground")
    page = tried(as_member, columns="2", config="agents", **{"config-2": "draft:agents"})
    assert "Side by side" in page
    assert "agents (your draft)</th>" in page
    assert "Select a valid choice" in tried(as_admin, config="draft:agents")
