"""Keep this kind of block: the field that keeps it, set in a draft."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import draft_of, save_draft
from optimizer_app.configs.versions.keeping import Kept, NothingKeeps, kept_by
from optimizer_app.models import OptimizationConfig, Project, RequestTrace
from tests.dashboard.configs.test_views import text_of
from tests.dashboard.traces.rows import block, make_trace


@pytest.fixture
def config(project: Project, member: User, use_socket: Any, tmp_path: Any) -> OptimizationConfig:
    use_socket(tmp_path / "nobody.sock")
    return create_config(project, "agents", ConfigValues("balanced"), author=member)


@pytest.mark.parametrize(
    ("fields", "field", "value"),
    [
        ({"stage": "junk"}, "junk_regexes", []),
        ({"stage": "dedupe"}, "dedupe_window", 0),
        ({"stage": "compress"}, "enable_compression", False),
        ({"stage": "results"}, "tool_result_tokens", 9_000),
        ({"stage": "target", "kind": "log"}, "tool_result_tokens", 9_000),
        ({"stage": "target", "kind": "document"}, "target_reduction", None),
        ({"stage": "oldest"}, "max_input_tokens", None),
        ({"stage": "tools", "fate": "rewritten"}, "tool_descriptions", "full"),
        ({"stage": "tools", "fate": "dropped"}, "tool_allowlist", ["*"]),
        ({"stage": "tools", "reason": "left to be read back"}, "tool_deferral", "never"),
    ],
)
def test_the_stage_says_which_field_keeps_it(fields: dict[str, Any], field: str, value: Any) -> None:
    assert kept_by(RequestTrace(), block(9_000, 10, **fields)) == Kept(field, value)


@pytest.mark.parametrize(
    ("trace", "fields", "reason"),
    [
        ({}, {"stage": "json"}, "Nothing of it is lost"),
        ({"budget_tokens": 4000}, {"stage": "passages"}, "asked for at most 4,000 tokens"),
        ({}, {"stage": ""}, "No rule that a config can turn off"),
    ],
)
def test_where_no_field_keeps_it_that_is_said(trace: Any, fields: Any, reason: str) -> None:
    with pytest.raises(NothingKeeps, match=reason):
        kept_by(RequestTrace(**trace), block(9_000, 10, **fields))


def test_the_field_is_set_in_the_draft_and_marked(
    as_member: Client, member: User, config: OptimizationConfig
) -> None:
    save_draft(config, member, ConfigValues("balanced", {"keep_last_n_turns": 9}))
    trace = make_trace(
        config.project, config_name="agents", blocks=[block(9_000, 10, stage="results", kind="log")]
    )
    path = f"/requests/{trace.pk}/blocks/1/keep"
    assert f'href="{path}"' in as_member.get(f"/requests/{trace.pk}").content.decode()
    page = text_of(as_member, path)
    assert "Block 1, user, log : 9,000 → 10 tokens" in page
    assert "Cut tool results above tool_result_tokens as 9000 keeps it." in page
    answer = as_member.post(path, {"config": str(config.pk)})
    assert answer["Location"] == f"/configs/{config.pk}?mark=tool_result_tokens#id_tool_result_tokens"
    draft = draft_of(config, member)
    assert draft is not None
    assert draft.fields == {"keep_last_n_turns": 9, "tool_result_tokens": 9_000}
    page = as_member.get(answer["Location"]).content.decode()
    assert 'marked"\n     data-field="tool_result_tokens"' in page


def test_without_a_config_one_is_to_be_made(as_member: Client, project: Project) -> None:
    trace = make_trace(project, blocks=[block(90, 10, stage="compress")])
    assert "The project has no config yet" in text_of(as_member, f"/requests/{trace.pk}/blocks/1/keep")


def test_others_requests_and_configs_do_not_exist(
    as_member: Client, config: OptimizationConfig, foreign_project: Project
) -> None:
    theirs = make_trace(foreign_project)
    assert as_member.get(f"/requests/{theirs.pk}/blocks/1/keep").status_code == 404
    ours = make_trace(config.project, blocks=[block(90, 10, stage="compress")])
    foreign = create_config(foreign_project, "theirs", ConfigValues("safe"), author=None)
    assert (
        as_member.post(f"/requests/{ours.pk}/blocks/1/keep", {"config": str(foreign.pk)}).status_code == 404
    )
    assert as_member.get(f"/requests/{ours.pk}/blocks/9/keep").status_code == 404
