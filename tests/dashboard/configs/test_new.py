"""A new config."""

from __future__ import annotations

from typing import Any

from django.test import Client

from optimizer_app.models import OptimizationConfig, Project


def post(client: Client, **fields: str) -> Any:
    return client.post("/configs/new", {"name": "agents", "project": "ci-agent", "start": "safe", **fields})


def test_it_works(as_member: Client, project: Project) -> None:
    answer = post(as_member)
    config = OptimizationConfig.objects.get()
    assert (config.name, config.project, config.preset, config.fields) == ("agents", project, "safe", {})
    assert answer.status_code == 302
    assert answer["Location"] == f"/configs/{config.pk}"


def test_the_only_project_is_chosen_already(as_member: Client, project: Project) -> None:
    html = as_member.get("/configs/new").content.decode()
    assert '<option value="ci-agent" selected>' in html
    assert '<option value="balanced" selected>' in html


def test_errors_are_said_at_the_field_and_on_top(as_member: Client, project: Project) -> None:
    html = post(as_member, name="two words").content.decode()
    assert html.count("Only letters, digits, hyphens and underscores, without spaces.") == 2
    assert 'value="two words"' in html
    assert "Give it a name." in post(as_member, name="").content.decode()
    assert not OptimizationConfig.objects.exists()


def test_a_name_is_given_once_a_project(as_member: Client, project: Project) -> None:
    post(as_member)
    assert "ci-agent has a config &#x27;agents&#x27; already." in post(as_member).content.decode()
    assert OptimizationConfig.objects.count() == 1


def test_another_project_cannot_be_chosen(as_member: Client, foreign_project: Project) -> None:
    assert post(as_member, project="not-yours").status_code == 200
    assert not OptimizationConfig.objects.exists()


def test_another_config_is_copied(as_member: Client, project: Project) -> None:
    fields = {"keep_last_n_turns": 9}
    other = OptimizationConfig.objects.create(
        project=project, name="other", preset="aggressive", fields=fields
    )
    assert (
        f'<option value="{other.pk}" selected>'
        in as_member.get(f"/configs/new?start={other.pk}").content.decode()
    )
    post(as_member, start=str(other.pk))
    copy = OptimizationConfig.objects.get(name="agents")
    assert (copy.preset, copy.fields) == ("aggressive", fields)


def test_a_config_of_another_project_cannot_be_copied(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    foreign = OptimizationConfig.objects.create(project=foreign_project, name="secret")
    assert "secret" not in as_member.get("/configs/new").content.decode()
    assert post(as_member, start=str(foreign.pk)).status_code == 200
    assert not OptimizationConfig.objects.filter(name="agents").exists()


def test_a_copy_of_what_cannot_be_used_is_refused(as_member: Client, project: Project) -> None:
    other = OptimizationConfig.objects.create(
        project=project, name="other", fields={"redis_url": "redis://x"}
    )
    assert "redis_url cannot be set here" in post(as_member, start=str(other.pk)).content.decode()
