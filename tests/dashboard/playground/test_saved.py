"""Examples that a project saves: encrypted, listed, filled in, deleted."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.models import PlaygroundExample, Project
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.examples import save_example
from tests.dashboard.pages import page_text
from tests.dashboard.playground.test_views import tried


@pytest.fixture
def example(project: Project, member: User) -> PlaygroundExample:
    return save_example(project, "outage", ExampleTexts("text", "The disk is full.", "Why?"), member)


def test_it_works(as_member: Client, project: Project, member: User) -> None:
    page = tried(as_member, do="save", text="The disk is full.", question="Why?", example_name=" outage ")
    assert "outage was saved, encrypted, for the members of ci-agent." in page
    example = PlaygroundExample.objects.get()
    assert (example.name, example.project, example.author) == ("outage", project, member)
    assert "disk" not in example.encrypted_texts
    assert example.texts() == ExampleTexts("text", "The disk is full.", "Why?")
    assert "The disk is full.</textarea>" in page


def test_a_saved_example_fills_the_form(as_member: Client, example: PlaygroundExample) -> None:
    assert f'<option value="{example.pk.hex}">outage</option>' in page_text(as_member, "/playground")
    page = tried(as_member, do="example", example=example.pk.hex, text="mine")
    assert "The disk is full.</textarea>" in page
    assert f'<option value="{example.pk.hex}" selected>outage</option>' in page
    assert 'value="Why?"' in page


def test_a_saved_example_is_deleted(as_member: Client, example: PlaygroundExample) -> None:
    page = tried(as_member, do=f"forget-{example.pk}", text="mine")
    assert "The example was deleted." in page
    assert "mine</textarea>" in page
    assert not PlaygroundExample.objects.exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"example_name": " "}, "Give the example a name."),
        ({"text": " ", "example_name": "empty"}, "There is nothing to save."),
        ({"example_name": "outage"}, "ci-agent has an example &#x27;outage&#x27; already."),
    ],
)
def test_what_cannot_be_saved_is_said(
    as_member: Client, example: PlaygroundExample, values: dict[str, str], said: str
) -> None:
    assert said in tried(as_member, do="save", **values)
    assert PlaygroundExample.objects.count() == 1


def test_another_project_s_examples_are_out_of_reach(
    as_member: Client, project: Project, foreign_project: Project, admin: User
) -> None:
    theirs = save_example(foreign_project, "theirs", ExampleTexts("text", "SECRET"), admin)
    assert "theirs" not in page_text(as_member, "/playground")
    assert "SECRET" not in tried(as_member, do="example", example=str(theirs.pk))
    tried(as_member, do=f"forget-{theirs.pk}")
    assert PlaygroundExample.objects.filter(pk=theirs.pk).exists()


def test_one_of_another_key_cannot_be_read(as_member: Client, example: PlaygroundExample) -> None:
    PlaygroundExample.objects.update(encrypted_texts="gAAAAAnonsense")
    page = tried(as_member, do="example", example=str(example.pk), text="mine")
    assert "The example cannot be read: it was saved under another encryption key." in page
    assert "mine</textarea>" in page


@pytest.mark.parametrize("do", ["forget-nonsense", "forget", "nonsense", "remove-x"])
def test_a_button_that_there_is_not_does_nothing(
    as_member: Client, example: PlaygroundExample, do: str
) -> None:
    assert "</textarea>" in tried(as_member, do=do)
    assert PlaygroundExample.objects.exists()
