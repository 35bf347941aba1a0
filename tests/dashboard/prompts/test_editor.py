"""Templates on their pages: written, published, compared, rolled back."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.models import Project, PromptDraft, PromptTemplate
from optimizer_app.prompts.create import create_template
from optimizer_app.prompts.versions.publish import publish
from tests.dashboard.pages import one_line, page_text
from tests.optimizer_app.prompts.contents import QUESTION, RULES, content

HTMX = {"HX-Request": "true"}


@pytest.fixture
def template(project: Project, member: User) -> PromptTemplate:
    made = create_template(project, "support-answer")
    publish(made, member, content(), base_version=0, note="first")
    made.refresh_from_db()
    return made


def typed(client: Client, template: PromptTemplate) -> dict[str, str]:
    """What the form of the page holds, as a browser would send it."""
    html = client.get(f"/prompts/{template.pk}").content.decode()
    form = html[html.index('id="editor"') :]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form[: form.index("</form>")]):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if attributes["type"] != "checkbox":
            found[attributes["name"]] = unescape(attributes.get("value", ""))
        elif " checked" in tag:
            found[attributes["name"]] = "on"
    for name, options in re.findall(r'<select name="([\w-]+)".*?>(.*?)</select>', form, re.DOTALL):
        found[name] = re.search(r'value="([^"]*)" selected', options)[1]  # type: ignore[index]
    for name, text in re.findall(r'<textarea name="([\w-]+)".*?>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(text).replace("\n", "\r\n")
    return found


def save(client: Client, template: PromptTemplate, *, live: bool = False, **changed: str) -> Any:
    fields = {name.replace("__", "-"): text for name, text in changed.items()}
    body = {**typed(client, template), **fields}
    return client.post(f"/prompts/{template.pk}/draft", body, headers=HTMX if live else {})


def draft() -> Any:
    return PromptDraft.objects.get().content


def test_a_new_template_begins_with_an_example(as_member: Client, project: Project) -> None:
    assert "No template yet" in page_text(as_member, "/prompts")
    made = as_member.post("/prompts/new", {"name": "answers", "project": project.name})
    template = PromptTemplate.objects.get()
    assert made.headers["Location"] == f"/prompts/{template.pk}"
    page = page_text(as_member, made.headers["Location"])
    assert "not published yet" in page
    assert '<mark title="question">What is a prompt cache?</mark>' in page
    again = as_member.post("/prompts/new", {"name": "answers", "project": project.name})
    assert "has a template &#x27;answers&#x27; already" in again.content.decode()
    assert "answers" in page_text(as_member, "/prompts")


def test_saving_what_stands_there_makes_no_draft(as_member: Client, template: PromptTemplate) -> None:
    assert typed(as_member, template)["message-1-text"] == QUESTION.replace("\n", "\r\n")
    save(as_member, template)
    assert not PromptDraft.objects.exists()


def test_what_is_typed_is_kept_with_its_variables(as_member: Client, template: PromptTemplate) -> None:
    save(as_member, template, message__1__text="{{ orders }} {{ question }} {{ n }}", model="gpt-4o-mini")
    assert [variable["name"] for variable in draft()["variables"]] == ["question", "orders", "n"]
    assert draft()["variables"][0]["example"] == "Where is order 1007?"
    save(as_member, template, variable__orders__kind="json", variable__n__kind="number")
    save(as_member, template, variable__orders__example='[{"id": 1}]', variable__n__default="3")
    _, orders, number = draft()["variables"]
    assert (orders["example"], number["default"], draft()["model"]) == ([{"id": 1}], 3, "gpt-4o-mini")


def test_what_is_wrong_is_said_at_its_field(as_member: Client, template: PromptTemplate) -> None:
    answer = save(as_member, template, live=True, message__0__text="Be {{ tone }}.")
    state = one_line(answer.content.decode())
    assert 'data-error-for="message-0-text"' in state
    assert "cannot stand in a system message" in state
    state = one_line(save(as_member, template, live=True, parameters="{").content.decode())
    assert 'data-error-for="parameters"' in state
    refused = save(as_member, template, do="publish").content.decode()
    assert "data-error-summary" in refused
    assert draft()["parameters"] == "{"


def test_while_braces_are_open_the_variables_stay(as_member: Client, template: PromptTemplate) -> None:
    save(as_member, template, message__1__text="{{ question")
    assert [variable["name"] for variable in draft()["variables"]] == ["documents", "tone", "question"]


def test_messages_are_added_moved_and_removed(as_member: Client, template: PromptTemplate) -> None:
    save(as_member, template, do="add")
    save(as_member, template, message__2__text="Since when?", do="up-2")
    assert [message["text"] for message in draft()["messages"]] == [RULES, "Since when?", QUESTION]
    save(as_member, template, do="remove-1")
    assert not PromptDraft.objects.exists()


def test_published_compared_and_rolled_back(as_member: Client, template: PromptTemplate) -> None:
    answer = save(as_member, template, message__0__text="Answer.", do="publish")
    place = f"/prompts/{template.pk}"
    assert answer.headers["Location"] == f"{place}/publish"
    before = page_text(as_member, f"{place}/publish")
    assert "<del>" in before
    assert "Your draft" in before
    as_member.post(f"{place}/publish", {"base_version": "1", "note": "shorter"})
    assert "v2 is live" in page_text(as_member, place)
    version = page_text(as_member, f"{place}/versions/2?with=1&requests=50&model=gpt-4o")
    assert "“shorter”" in version
    assert "50 requests" in version
    assert version.count('<td class="n strong" data-of="50 requests">$') == 2
    as_member.post(f"{place}/versions/1", {"base_version": "2", "note": ""})
    template.refresh_from_db()
    assert (template.version, template.versions.first().note) == (3, "Back to v1")  # type: ignore[union-attr]
    assert as_member.get(f"{place}/versions/9").status_code == 404


def test_who_comes_second_sees_what_the_first_changed(
    as_member: Client, template: PromptTemplate, admin: User
) -> None:
    save(as_member, template, parameters="")
    publish(template, admin, content(model="gpt-4o-mini"), base_version=1)
    page = page_text(as_member, f"/prompts/{template.pk}")
    assert "v2 was published after you began on v1. It changed: model." in page
    assert as_member.get(f"/prompts/{template.pk}/publish").status_code == 302
    as_member.post(f"/prompts/{template.pk}/rebase")
    assert (draft()["model"], draft()["parameters"]) == ("gpt-4o-mini", {})
    as_member.post(f"/prompts/{template.pk}/discard")
    assert not PromptDraft.objects.exists()


def test_a_strangers_template_does_not_exist(
    as_member: Client, admin: User, foreign_project: Project
) -> None:
    foreign = create_template(foreign_project, "theirs")
    publish(foreign, admin, content(), base_version=0)
    for path in ("", "/publish", "/versions/1", "/delete"):
        assert as_member.get(f"/prompts/{foreign.pk}{path}").status_code == 404
    for path in ("draft", "discard", "rebase", "delete"):
        assert as_member.post(f"/prompts/{foreign.pk}/{path}").status_code == 404
    assert "theirs" not in page_text(as_member, "/prompts")


def test_deleting_asks_before(as_member: Client, template: PromptTemplate) -> None:
    assert "Its versions and drafts go with it" in page_text(as_member, f"/prompts/{template.pk}/delete")
    as_member.post(f"/prompts/{template.pk}/delete")
    assert not PromptTemplate.objects.exists()
