"""Configs made, taken away as files, deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from optimizer_app.configs.create import create_config, make_default
from optimizer_app.configs.errors import FieldsRefused, FileRefused, StillUsed
from optimizer_app.configs.files import MAX_FILE_BYTES, exported, imported
from optimizer_app.configs.remove import delete_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.history import versions_of
from optimizer_app.models import ApiKey, OptimizationConfig, Project


def test_a_new_config_has_a_first_version(config: OptimizationConfig, ada: User) -> None:
    (first,) = versions_of(config)
    assert (first.number, first.author, first.note) == (1, ada, "first")


def test_a_name_is_given_once_a_project(config: OptimizationConfig, ada: User) -> None:
    with pytest.raises(FieldsRefused, match="name: ci-agent has a config 'agents' already"):
        create_config(config.project, "agents", ConfigValues("safe"), author=ada)
    create_config(Project.objects.create(name="other"), "agents", ConfigValues("safe"), author=ada)


def test_one_config_is_the_default(config: OptimizationConfig, ada: User) -> None:
    other = create_config(config.project, "other", ConfigValues("safe"), author=ada, is_default=True)
    make_default(config)
    other.refresh_from_db()
    assert (OptimizationConfig.objects.get(is_default=True), other.is_default) == (config, False)


def test_a_file_comes_back_as_it_went() -> None:
    values = ConfigValues("safe", {"junk_regexes": ["^Ja[.]$"], "directive_keywords": ["NIEMALS"]})
    assert imported(exported("agents", values).encode()) == values


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('"text"', "no exported config"),
        ({"format": "token-optimizer-config/2"}, "its format is not token-optimizer-config/1"),
        ({"format": "token-optimizer-config/1", "preset": "safe", "fields": []}, "fields are no object"),
        (" " * (MAX_FILE_BYTES + 1), "larger than 1 MB"),
    ],
    ids=["broken", "deep", "text", "version", "fields", "large"],
)
def test_a_file_of_another_kind_is_refused(content: Any, reason: str) -> None:
    data = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(FileRefused, match=reason):
        imported(data.encode())


def test_values_in_a_file_are_checked() -> None:
    data = exported("x", ConfigValues("odd", {"api_key": "sk-1", "keep_last_n_turns": []}))
    with pytest.raises(FieldsRefused) as refused:
        imported(data.encode())
    assert set(refused.value.problems) == {"preset", "api_key", "keep_last_n_turns"}


def test_a_config_goes_when_no_key_uses_it(config: OptimizationConfig) -> None:
    key, _ = ApiKey.issue(project=config.project, name="ci")
    ApiKey.objects.filter(pk=key.pk).update(config=config)
    with pytest.raises(StillUsed) as refused:
        delete_config(config)
    assert refused.value.keys == [key]
    key.revoke()
    delete_config(config)
    assert not OptimizationConfig.objects.exists()


def test_the_default_one_is_used_by_keys_that_name_none(config: OptimizationConfig) -> None:
    ApiKey.issue(project=config.project, name="ci")
    make_default(config)
    with pytest.raises(StillUsed):
        delete_config(config)
