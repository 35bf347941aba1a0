"""Publishing, rolling back, drafts, and two people at once."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from optimizer_app.models import Project, PromptTemplate, PromptVersion
from optimizer_app.prompts.create import create_template
from optimizer_app.prompts.errors import ContentRefused, NothingToPublish, PublishedMeanwhile
from optimizer_app.prompts.versions.drafts import draft_of, rebase_draft, save_draft
from optimizer_app.prompts.versions.history import versions_of
from optimizer_app.prompts.versions.publish import publish, roll_back
from optimizer_app.prompts.versions.published import PromptReference, published_prompt
from tests.optimizer_app.prompts.contents import content

OTHER_MODEL = content(model="gpt-4o-mini")


def live_model(template: PromptTemplate, version: int | None = None) -> str:
    found = published_prompt(template.project_id, PromptReference(template.name, version))
    assert found is not None
    return found.template.model


def test_it_works(template: PromptTemplate, ada: User) -> None:
    save_draft(template, ada, OTHER_MODEL)
    published = publish(template, ada, OTHER_MODEL, base_version=1, note="cheaper")
    assert (published.number, published.author, published.note) == (2, ada, "cheaper")
    assert [row.number for row in versions_of(template)] == [2, 1]
    assert draft_of(template, ada) is None
    assert live_model(template) == "gpt-4o-mini"
    assert live_model(template, 1) == "gpt-4o"


def test_rolling_back_publishes_a_copy(template: PromptTemplate, ada: User) -> None:
    publish(template, ada, OTHER_MODEL, base_version=1)
    back = roll_back(template, 1, ada, base_version=2)
    assert (back.number, back.copy_of, back.note) == (3, 1, "Back to v1")
    assert live_model(template) == "gpt-4o"
    with pytest.raises(PromptVersion.DoesNotExist):
        roll_back(template, 9, ada, base_version=3)


def test_who_comes_second_is_told_what_the_first_changed(
    template: PromptTemplate, ada: User, bob: User
) -> None:
    publish(template, ada, OTHER_MODEL, base_version=1)
    with pytest.raises(PublishedMeanwhile) as refused:
        publish(template, bob, content(parameters={}), base_version=1)
    assert (refused.value.live.number, refused.value.parts) == (2, ["model"])
    assert live_model(template) == "gpt-4o-mini"


def test_ones_own_parts_go_on_top_of_the_others(template: PromptTemplate, ada: User, bob: User) -> None:
    stored = PromptVersion.objects.get(template=template).content
    save_draft(template, bob, {**stored, "parameters": {"top_p": 1}})
    publish(template, ada, OTHER_MODEL, base_version=1)
    draft = draft_of(PromptTemplate.objects.get(), bob)
    assert draft is not None
    rebased = rebase_draft(draft)
    assert rebased is not None
    assert (rebased.base_version, rebased.content["model"]) == (2, "gpt-4o-mini")
    assert rebased.content["parameters"] == {"top_p": 1}


def test_a_draft_that_changes_nothing_is_none(template: PromptTemplate, ada: User) -> None:
    stored = PromptVersion.objects.get(template=template).content
    assert save_draft(template, ada, {**stored, "model": "x"}) is not None
    assert save_draft(template, ada, stored) is None
    with pytest.raises(NothingToPublish, match="v1"):
        publish(template, ada, stored, base_version=1)


def test_what_cannot_be_used_is_not_published(template: PromptTemplate, ada: User) -> None:
    save_draft(template, ada, content(messages=[]))
    with pytest.raises(ContentRefused, match="messages"):
        publish(template, ada, content(messages=[]), base_version=1)
    assert template.versions.count() == 1


def test_nothing_is_found_before_it_is_published_or_elsewhere(
    project: Project, foreign_project: Project, template: PromptTemplate
) -> None:
    create_template(project, "empty")
    assert published_prompt(project.pk, PromptReference("empty")) is None
    assert published_prompt(project.pk, PromptReference("support-answer", 7)) is None
    assert published_prompt(foreign_project.pk, PromptReference("support-answer")) is None


def test_a_name_is_given_once(project: Project, template: PromptTemplate) -> None:
    with pytest.raises(ContentRefused, match="has a template 'support-answer' already"):
        create_template(project, "support-answer")


@pytest.mark.parametrize("text", ["", "a b", "a@", "a@0", "a@x", "a@" + "9" * 5_000, "a\x00", "@1", "é"])
def test_what_is_no_name_of_a_template(text: str) -> None:
    with pytest.raises(ValueError, match="write name, or name@version"):
        PromptReference.of(text)
