"""What can be done with keys and projects, without HTTP."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from optimizer_app.models import ApiKey, OptimizationConfig, Project
from optimizer_app.models.keys.api_key import key_hash
from optimizer_app.projects.create import create_project
from optimizer_app.projects.errors import ForeignConfig, KeyHasEnded, KeyMadeAlready, NameTaken
from optimizer_app.projects.keys import KeyValues, create_key, revoke_key, rotate_key
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
    key, secret = create_key(project, KeyValues("ci"), key_id)
    assert secret.startswith(key.shown_prefix)
    with pytest.raises(KeyMadeAlready):
        create_key(project, KeyValues("ci"), key_id)
    assert ApiKey.objects.get() == key


def test_a_config_of_another_project_is_refused(project: Project, foreign_config: OptimizationConfig) -> None:
    with pytest.raises(ForeignConfig):
        create_key(project, KeyValues("ci", foreign_config))
    with pytest.raises(ForeignConfig):
        change_project(project, name="p", analytics_url="", default_config=foreign_config)


def test_a_key_ends_once(project: Project) -> None:
    key, _ = create_key(project, KeyValues("ci"))
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


def test_the_old_secret_works_on_for_the_grace_period(project: Project) -> None:
    key, old = create_key(project, KeyValues("ci"))
    new = rotate_key(key, timedelta(hours=1))
    assert ApiKey.objects.usable(key_hash(old)) == ApiKey.objects.usable(key_hash(new)) == key
    assert key.end_of(key_hash(old)) == key.previous_until
    assert key.end_of(key_hash(new)) is None

    newer = rotate_key(key, timedelta(0))
    assert [ApiKey.objects.usable(key_hash(secret)) for secret in (old, new, newer)] == [None, None, key]


def test_a_key_that_expired_is_not_usable_and_not_rotated(project: Project) -> None:
    key, secret = create_key(project, KeyValues("ci", expires_at=timezone.now()))
    assert ApiKey.objects.usable(key_hash(secret)) is None
    with pytest.raises(KeyHasEnded):
        rotate_key(key, timedelta(hours=1))
