"""The editor of a config: fields, drafts, presets, publishing, rolling back, files."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.publish import publish
from optimizer_app.models import ApiKey, ConfigDraft, OptimizationConfig, Project
from tests.dashboard.configs.test_views import text_of
from token_optimizer.config_fields import FIELDS, SERVICE_FIELDS

HTMX = {"HX-Request": "true"}


@pytest.fixture
def config(project: Project, member: User) -> OptimizationConfig:
    return create_config(project, "agents", ConfigValues("balanced"), author=member, note="first")


@pytest.fixture(autouse=True)
def no_embeddings(use_socket: Any, tmp_path: Any) -> None:
    use_socket(tmp_path / "nobody.sock")


def typed(client: Client, config: OptimizationConfig) -> dict[str, str]:
    """What the form of the page holds, as a browser would send it."""
    html = client.get(f"/configs/{config.pk}").content.decode()
    form = html[html.index('id="editor"') : html.index("</form>", html.index('id="editor"'))]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if attributes["type"] != "checkbox" or " checked" in tag:
            found[attributes["name"]] = attributes.get("value", "")
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
        found[name] = re.search(r'value="([^"]*)" selected', options)[1]
    for name, text in re.findall(r'<textarea name="(\w+)".*?>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = text
    return found


def save(client: Client, config: OptimizationConfig, **changed: str) -> Any:
    return client.post(f"/configs/{config.pk}/draft", {**typed(client, config), **changed})


def draft_values() -> ConfigValues:
    return ConfigValues.of(ConfigDraft.objects.get())


def test_every_field_stands_on_the_page(as_member: Client, config: OptimizationConfig) -> None:
    sent = typed(as_member, config)
    assert set(SERVICE_FIELDS) <= set(sent) | {"enable_semantic_retrieval"}
    text = text_of(as_member, f"/configs/{config.pk}")
    for field in FIELDS.values():
        assert field.title in text
        assert field.name in text


@pytest.mark.parametrize(
    ("field", "typed_text", "said"),
    [
        ("mask_detectors", "email\nmail", "&#x27;mail&#x27; is not one of private_key, jwt, api_key"),
        ("mask_patterns", "ACME-[0-9]+\n(", "Line 2: missing )"),
    ],
)
def test_what_cannot_mask_is_said_at_its_field(
    as_member: Client, config: OptimizationConfig, field: str, typed_text: str, said: str
) -> None:
    assert said in save(as_member, config, **{field: typed_text}).content.decode()
    save(as_member, config, mask_detectors="email\ncard", mask_patterns="ACME-[0-9]+")
    assert draft_values().fields == {"mask_detectors": ["email", "card"], "mask_patterns": ["ACME-[0-9]+"]}


def test_a_form_that_is_sent_back_changes_nothing(as_member: Client, config: OptimizationConfig) -> None:
    save(as_member, config)
    assert not ConfigDraft.objects.exists()
    fields = {"target_reduction": None, "vector_topk_per_type": {"chat": 20, "doc": 5, "tool": 15}}
    OptimizationConfig.objects.update(fields=fields)
    save(as_member, config)
    assert not ConfigDraft.objects.exists()


def test_what_is_typed_is_a_draft(as_member: Client, member: User, config: OptimizationConfig) -> None:
    save(
        as_member, config, keep_last_n_turns="9", tool_allowlist="a\r\nb\r\n", per_type_budget_fraction="0.3"
    )
    draft = ConfigDraft.objects.get()
    assert (draft.author, draft.base_version, draft.preset) == (member, 1, "balanced")
    assert draft.fields["keep_last_n_turns"] == 9
    assert draft.fields["tool_allowlist"] == ["a", "b"]
    assert draft.fields["per_type_budget_fraction"]["doc"] == 0.3
    text = text_of(as_member, f"/configs/{config.pk}")
    assert "Draft on v1" in text
    assert "3 changes" in text
    config.refresh_from_db()
    assert config.version == 1


def test_as_one_types_what_can_be_used_is_saved(as_member: Client, config: OptimizationConfig) -> None:
    sent = {**typed(as_member, config), "keep_last_n_turns": "many", "dedupe_window": "7"}
    html = as_member.post(f"/configs/{config.pk}/draft", sent, headers=HTMX).content.decode()
    assert "<html" not in html
    assert re.search(
        r'data-error-for="keep_last_n_turns">.*?<span>Must be a whole number.</span>', html, re.DOTALL
    )
    assert draft_values().fields == {"dedupe_window": 7}


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("keep_last_n_turns", "-1", "Must be a whole number of at least 0, not -1."),
        ("target_reduction", "1.5", "Must be between 0 and 1, not 1.5."),
        ("vector_topk_per_type", "-2", "Must be a whole number of at least 0, not -2."),
        ("max_latency_ms", "", "This cannot be empty."),
        ("junk_regexes", "^a$\n(", "Line 2: missing ): (."),
    ],
)
def test_errors_are_said_at_the_field(
    as_member: Client, config: OptimizationConfig, name: str, text: str, reason: str
) -> None:
    html = save(as_member, config, **{name: text}).content.decode()
    assert re.search(rf'id="id_{name}_error">{re.escape(reason)}<', html)
    assert "1 thing to correct" in html
    assert text in html


def test_reset_without_scripts(as_member: Client, config: OptimizationConfig) -> None:
    save(as_member, config, keep_last_n_turns="9", dedupe_window="7")
    save(as_member, config, reset="dedupe_window")
    assert draft_values().fields == {"keep_last_n_turns": 9}
    save(as_member, config, reset="all")
    assert not ConfigDraft.objects.exists()


def test_a_preset_takes_ones_own_fields_along(as_member: Client, config: OptimizationConfig) -> None:
    save(as_member, config, keep_last_n_turns="9")
    save(as_member, config, use_preset="aggressive")
    assert draft_values() == ConfigValues("aggressive", {"keep_last_n_turns": 9})
    text = text_of(as_member, f"/configs/{config.pk}")
    assert "safe 6 differ balanced 3 differ aggressive 1 differs" in text


def test_patterns_are_tried_on_a_sample(as_member: Client, config: OptimizationConfig) -> None:
    sent = {"junk_regexes": "(\n^Sure.*$", "sample": "Sure, gladly.\nNot so sure.\n"}
    path = f"/configs/{config.pk}/patterns"
    html = as_member.post(path, sent, headers=HTMX).content.decode()
    assert re.findall(r"<code>(.*?)</code>\s*<span>(.*?)</span>", html) == [
        ("Sure, gladly.", "dropped by line 2"),
        ("Not so sure.", "stays"),
    ]
    assert "dropped by line 2" in as_member.post(path, {**typed(as_member, config), **sent}).content.decode()
    assert not ConfigDraft.objects.exists()


def test_publishing_says_before_what_changes_and_for_whom(
    as_member: Client, config: OptimizationConfig
) -> None:
    key, _ = ApiKey.issue(project=config.project, name="ci", secret="tok_named_key")
    ApiKey.objects.filter(pk=key.pk).update(config=config)
    answer = save(as_member, config, keep_last_n_turns="9", then="publish")
    assert answer["Location"] == f"/configs/{config.pk}/publish"
    text = text_of(as_member, answer["Location"])
    assert "Keep last turns keep_last_n_turns 4 9" in text
    assert "1 key of the project ci-agent" in text
    assert "ci tok_name…" in text
    answer = as_member.post(answer["Location"], {"base_version": "1", "note": "agents forget"}, follow=True)
    assert "v2 is live for 1 key." in answer.content.decode()
    assert "agents forget" in answer.content.decode()


def test_who_publishes_second_sees_what_the_first_changed(
    as_member: Client, admin: User, config: OptimizationConfig
) -> None:
    save(as_member, config, dedupe_window="7")
    publish(config, admin, ConfigValues("safe", {"keep_last_n_turns": 9}), base_version=1)
    answer = as_member.post(f"/configs/{config.pk}/publish", {"base_version": "1"}, follow=True)
    text = answer.content.decode()
    assert "v2 was published after you began on v1" in text
    assert "Preset" in text
    as_member.post(f"/configs/{config.pk}/rebase")
    assert draft_values() == ConfigValues("safe", {"keep_last_n_turns": 9, "dedupe_window": 7})
    assert "was published after" not in text_of(as_member, f"/configs/{config.pk}")


def test_a_page_that_was_opened_before_does_not_undo_the_others_change(
    as_member: Client, admin: User, config: OptimizationConfig
) -> None:
    opened = typed(as_member, config)
    publish(config, admin, ConfigValues("balanced", {"keep_last_n_turns": 9}), base_version=1)
    as_member.post(f"/configs/{config.pk}/draft", {**opened, "dedupe_window": "7"})
    assert ConfigDraft.objects.get().base_version == 1
    as_member.post(f"/configs/{config.pk}/rebase")
    assert draft_values().fields == {"keep_last_n_turns": 9, "dedupe_window": 7}


def test_a_version_is_compared_and_comes_back(
    as_member: Client, admin: User, config: OptimizationConfig
) -> None:
    publish(config, admin, ConfigValues("aggressive"), base_version=1, note="cheaper")
    path = f"/configs/{config.pk}/versions/1"
    assert "Rolling back to v1 changes" in text_of(as_member, path)
    assert "Preset balanced aggressive" in text_of(as_member, f"/configs/{config.pk}/versions/2")
    assert "Preset aggressive balanced" in text_of(as_member, f"{path}?with=2")
    answer = as_member.post(path, {"base_version": "2", "note": ""}, follow=True)
    assert "Back to v1" in answer.content.decode()
    config.refresh_from_db()
    assert (config.version, config.preset) == (3, "balanced")
    assert as_member.get(f"/configs/{config.pk}/versions/9").status_code == 404
    refused = as_member.post(path, {"base_version": "2"}, follow=True)
    assert "Not published: v3 was published by member meanwhile." in refused.content.decode()


def test_a_file_goes_and_comes_back_as_a_draft(as_member: Client, config: OptimizationConfig) -> None:
    OptimizationConfig.objects.update(fields={"dedupe_window": 7})
    answer = as_member.get(f"/configs/{config.pk}/export")
    assert answer["Content-Disposition"] == 'attachment; filename="agents-v1.json"'
    content = json.loads(answer.content)
    content["fields"] = {"keep_last_n_turns": 9}

    def import_file(text: str) -> str:
        file = SimpleUploadedFile("agents.json", text.encode())
        answer = as_member.post(f"/configs/{config.pk}/import", {"file": file}, follow=True)
        return str(answer.content.decode())

    import_file(json.dumps(content))
    assert draft_values() == ConfigValues("balanced", {"keep_last_n_turns": 9})
    content["fields"] = {"keep_last_n_turns": -1}
    assert "Keep last turns must be a whole number of at least 0, not -1." in import_file(json.dumps(content))
    assert "it is no JSON" in import_file("<html>")
    content["fields"] = {"junk_regexes": ["a\0b", "\ud800"]}
    assert "cannot be stored" in import_file(json.dumps(content))


def test_a_config_that_keys_use_stays(as_member: Client, config: OptimizationConfig) -> None:
    key, _ = ApiKey.issue(project=config.project, name="ci")
    as_member.post(f"/configs/{config.pk}/default")
    assert "cannot go while keys use it" in text_of(as_member, f"/configs/{config.pk}/delete")
    as_member.post(f"/configs/{config.pk}/delete")
    assert OptimizationConfig.objects.get().is_default
    key.revoke()
    as_member.post(f"/configs/{config.pk}/delete")
    assert not OptimizationConfig.objects.exists()


def test_a_draft_is_discarded(as_member: Client, config: OptimizationConfig) -> None:
    save(as_member, config, keep_last_n_turns="9")
    as_member.post(f"/configs/{config.pk}/discard")
    assert not ConfigDraft.objects.exists()


READ = ("", "/publish", "/versions/1", "/export", "/delete")
WRITTEN = (
    "/draft",
    "/discard",
    "/rebase",
    "/patterns",
    "/publish",
    "/versions/1",
    "/import",
    "/default",
    "/delete",
)


def test_a_stranger_sees_and_changes_none_of_it(
    as_member: Client, foreign_project: Project, admin: User
) -> None:
    foreign = create_config(foreign_project, "secret", ConfigValues("safe"), author=admin)
    assert {as_member.get(f"/configs/{foreign.pk}{path}").status_code for path in READ} == {404}
    assert {as_member.post(f"/configs/{foreign.pk}{path}").status_code for path in WRITTEN} == {404}


def test_a_link_to_what_is_only_posted_leads_to_the_config(
    as_member: Client, config: OptimizationConfig
) -> None:
    for path in ("draft", "discard", "patterns", "try", "import"):
        assert as_member.get(f"/configs/{config.pk}/{path}")["Location"] == f"/configs/{config.pk}"
