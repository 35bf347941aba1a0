"""What can be done with keys and projects, without HTTP."""

from __future__ import annotations

import uuid

import pytest

from optimizer_app.models import ApiKey, OptimizationConfig, Project
from optimizer_app.projects.create import create_project
from optimizer_app.projects.errors import ForeignConfig, KeyMadeAlready, NameTaken
from optimizer_app.projects.keys import create_key, revoke_key
from optimizer_app.projects.settings import change_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return create_project("p", None)


@pytest.fixture
def foreign_config() -> OptimizationConfig:
    return create_project("other", None).configs.get()


def test_a_key_of_a_chosen_id_is_made_once(project: Project) -> None:
    key_id = uuid.uuid4()
    key, secret = create_key(project, "ci", key_id=key_id)
    assert secret.startswith(key.shown_prefix)
    with pytest.raises(KeyMadeAlready):
        create_key(project, "ci", key_id=key_id)
    assert ApiKey.objects.get() == key


def test_a_config_of_another_project_is_refused(project: Project, foreign_config: OptimizationConfig) -> None:
    with pytest.raises(ForeignConfig):
        create_key(project, "ci", foreign_config)
    with pytest.raises(ForeignConfig):
        change_project(project, name="p", analytics_url="", default_config=foreign_config)


def test_a_key_ends_once(project: Project) -> None:
    key, _ = create_key(project, "ci")
    assert revoke_key(key)
    ended = key.revoked_at
    assert not revoke_key(key)
    assert key.revoked_at == ended


def test_a_name_that_is_taken_changes_nothing(project: Project, foreign_config: OptimizationConfig) -> None:
    with pytest.raises(NameTaken):
        create_project("other", None)
    with pytest.raises(NameTaken):
        change_project(project, name="other", analytics_url="", default_config=None)
    assert project.name == "p"
