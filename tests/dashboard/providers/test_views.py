"""The providers: listed, added, changed, tried and removed."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from optimizer_app.models import Project, Provider
from optimizer_app.providers.change import ProviderValues, add_provider
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import make_trace
from tests.optimizer_app.providers.test_connection import MODELS, ModelServer

SECRET = "sk-very-secret"
VALUES = ProviderValues("house", "openai", "http://127.0.0.1:1/v1", SECRET)
FIELDS = {"name": "house", "kind": "openai", "base_url": "http://127.0.0.1:1/v1", "secret": SECRET}


def test_the_list(as_member: Client, project: Project) -> None:
    add_provider(project, VALUES)
    add_provider(project, ProviderValues("second", "openai", "", ""))
    add_provider(project, ProviderValues("claude", "anthropic"))
    make_trace(project, provider="house")
    page = page_text(as_member, "/providers")
    assert page.count("not in use") == 1
    assert 'title="house is the first of its kind in ci-agent"' in page
    assert "https://api.anthropic.com" in page
    assert '1<span class="narrow"> request</span>' in page
    assert SECRET not in page


def test_without_any_the_echo_answers(as_member: Client, project: Project) -> None:
    assert "answered by the built-in echo" in page_text(as_member, "/providers")


def test_a_provider_is_added_and_its_secret_never_shown(as_member: Client, project: Project) -> None:
    answer = as_member.post("/providers/new", {**FIELDS, "project": "ci-agent"})
    provider = Provider.objects.get()
    assert answer["Location"] == f"/providers/{provider.pk}"
    assert (provider.project, provider.secret()) == (project, SECRET)
    page = page_text(as_member, f"/providers/{provider.pk}")
    assert SECRET not in page
    assert "A key is stored, encrypted. Empty: it stays." in page
    # A form that is refused does not say it again, either.
    refused = as_member.post(f"/providers/{provider.pk}", {**FIELDS, "name": ""}).content.decode()
    assert SECRET not in refused


def test_an_empty_secret_stays(as_member: Client, project: Project) -> None:
    provider = add_provider(project, VALUES)
    as_member.post(f"/providers/{provider.pk}", {**FIELDS, "name": "renamed", "secret": ""})
    provider.refresh_from_db()
    assert (provider.name, provider.secret()) == ("renamed", SECRET)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("base_url", "http://169.254.169.254/", "169.254.169.254 is a link-local or reserved address."),
        ("name", "other", "The project has a provider of this name."),
        ("kind", "azure", "Select a valid choice."),
    ],
)
def test_what_is_refused_is_said_at_its_field(
    as_member: Client, project: Project, field: str, value: str, reason: str
) -> None:
    provider = add_provider(project, VALUES)
    add_provider(project, ProviderValues("other", "anthropic"))
    page = as_member.post(f"/providers/{provider.pk}", {**FIELDS, field: value}).content.decode()
    assert reason in page
    assert f'href="#id_{field}"' in page


def test_what_few_need_is_folded_until_it_is_set(as_member: Client, project: Project) -> None:
    provider = Provider.objects.create(project=project, name="house", kind="openai")
    place = f"/providers/{provider.pk}"
    folded = '<details class="form-folded">'
    assert folded in page_text(as_member, place)

    Provider.objects.filter(pk=provider.pk).update(connect_timeout_seconds=5)
    assert '<details class="form-folded" open>' in page_text(as_member, place)
    assert folded in page_text(as_member, "/providers/new")


def test_a_new_url_wants_the_key_again(as_member: Client, project: Project) -> None:
    provider = add_provider(project, VALUES)
    moved = {**FIELDS, "base_url": "http://127.0.0.1:2/v1", "secret": ""}
    page = as_member.post(f"/providers/{provider.pk}", moved).content.decode()
    assert "Enter the key again, and secret headers: they were for another URL." in page


def test_the_connection_is_tried_and_the_answer_said(as_member: Client, project: Project) -> None:
    with ModelServer(200, MODELS) as server:
        provider = add_provider(project, ProviderValues("house", "openai", server.url, SECRET))
        answer = as_member.post(f"/providers/{provider.pk}/test", follow=True).content.decode()
    assert "took the key, and lists 2 models." in answer
    refused = as_member.post(f"/providers/{provider.pk}/test", follow=True).content.decode()
    assert "Nothing answers at 127.0.0.1" in refused


def test_a_provider_is_removed_by_typing_its_name(as_member: Client, project: Project) -> None:
    provider = add_provider(project, VALUES)
    path = f"/providers/{provider.pk}/remove"
    assert "This is not the name" in as_member.post(path, {"name": "House"}).content.decode()
    assert Provider.objects.exists()
    assert as_member.post(path, {"name": "house"})["Location"] == "/providers"
    assert not Provider.objects.exists()


def test_what_the_environment_sets_is_shown_as_such_and_not_editable(
    as_member: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "OPENAI_API_KEY", SECRET)
    provider = Provider.objects.create(project=project, name="openai", kind="openai", trusted=True)
    page = page_text(as_member, f"/providers/{provider.pk}")
    assert "OPENAI_API_KEY</code>" in page
    assert 'name="secret"' not in page
    assert ">environment</b>" in page_text(as_member, "/providers")
    assert as_member.post(f"/providers/{provider.pk}", FIELDS).status_code == 403
    assert as_member.post(f"/providers/{provider.pk}/remove", {"name": "openai"}).status_code == 403


def test_anothers_provider_is_not_there(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    provider = add_provider(foreign_project, VALUES)
    assert "house" not in page_text(as_member, "/providers")
    for path in ("", "/test", "/remove"):
        assert as_member.post(f"/providers/{provider.pk}{path}", FIELDS).status_code == 404
    refused = as_member.post("/providers/new", {**FIELDS, "project": "not-yours"}).content.decode()
    assert 'href="#id_project"' in refused
