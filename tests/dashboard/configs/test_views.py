"""The configs: what differs, who uses them, which model embeds."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from optimizer_app.models import ApiKey, OptimizationConfig, Project
from tests.dashboard.documents.rows import make_document
from tests.dashboard.traces.rows import make_trace


def text_of(client: Client, path: str, **options: Any) -> str:
    """The content of the page, without tags."""
    answer = client.get(path, **options)
    assert answer.status_code == 200
    content = answer.content.decode().partition('id="content"')[2] or answer.content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", content)).split())


@pytest.fixture
def config(project: Project) -> OptimizationConfig:
    fields = {"target_reduction": 0.6, "keep_last_n_turns": 4, "max_input_tokens": 60_000}
    return OptimizationConfig.objects.create(
        project=project, name="agents", preset="aggressive", fields=fields, is_default=True
    )


@pytest.fixture
def no_embeddings(use_socket: Any, tmp_path: Path) -> None:
    use_socket(tmp_path / "nobody.sock")


def test_list(as_admin: Client, config: OptimizationConfig) -> None:
    ApiKey.issue(project=config.project, name="ci")
    ApiKey.issue(project=config.project, name="old")[0].revoke()
    make_trace(config.project, config_name="agents", gross_usd=Decimal("0.5"), net_usd=Decimal("0.25"))
    make_trace(config.project, config_name="agents", tokens_after=1000)
    make_trace(config.project, config_name="agents", tokens_after=0, age=timedelta(days=8))
    text = text_of(as_admin, "/configs")
    assert "agents default ci-agent aggressive 2 differ 1 key −30% in 7 days $0.2500 net v1" in text
    assert f'href="/configs/{config.pk}"' in as_admin.get("/configs").content.decode()


def test_empty_list_says_what_holds_without_a_config(as_admin: Client, project: Project) -> None:
    assert "optimized by the preset balanced" in text_of(as_admin, "/configs")


def test_page_shows_who_uses_it(as_admin: Client, config: OptimizationConfig, no_embeddings: None) -> None:
    key, _ = ApiKey.issue(project=config.project, name="by name", secret="tok_named_key")
    ApiKey.objects.filter(pk=key.pk).update(config=config)
    ApiKey.issue(project=config.project, name="unnamed", secret="tok_other_key")[0].revoke()
    text = text_of(as_admin, f"/configs/{config.pk}")
    assert "by name tok_name… never" in text
    assert "unnamed revoked tok_othe…" in text


def test_a_key_without_a_config_uses_the_default_one_alone(
    as_admin: Client, config: OptimizationConfig, no_embeddings: None
) -> None:
    other = OptimizationConfig.objects.create(project=config.project, name="other")
    ApiKey.issue(project=config.project, name="unnamed", secret="tok_other_key")
    assert "unnamed by default tok_othe…" in text_of(as_admin, f"/configs/{config.pk}")
    assert "No key uses it" in text_of(as_admin, f"/configs/{other.pk}")


def test_a_config_that_cannot_be_used_says_why(
    as_admin: Client, config: OptimizationConfig, no_embeddings: None
) -> None:
    OptimizationConfig.objects.update(fields={"nonsense": 1})
    text = text_of(as_admin, f"/configs/{config.pk}")
    assert "cannot be used: unknown config field 'nonsense'" in text


def test_which_model_embeds_and_where_it_came_from(
    as_admin: Client, config: OptimizationConfig, embeddings: Any
) -> None:
    text = text_of(as_admin, f"/configs/{config.pk}")
    assert "Model sentence-transformers/all-MiniLM-L6-v2" in text
    assert f"{settings.EMBEDDING_MODEL} was asked for and is not on this machine" in text
    assert "wheel" in text
    assert "None: the project has no documents" in text


def test_how_many_vectors_wait_in_the_project_alone(
    as_admin: Client, config: OptimizationConfig, foreign_project: Project, embeddings: Any
) -> None:
    make_document(config.project, "a.md")
    assert "None waits, 4 are stored, in 1 document" in text_of(as_admin, f"/configs/{config.pk}")
    make_document(config.project, "b.md", state="embedding", chunks=1500, embedded=20)
    make_document(foreign_project, state="embedding", chunks=9, embedded=0)
    text = text_of(as_admin, f"/configs/{config.pk}", headers={"HX-Request": "true"})
    assert "1,480 wait to be embedded, 24 are stored, in 2 documents" in text


def test_without_the_embedding_process_the_reason_is_said(
    as_admin: Client, config: OptimizationConfig, no_embeddings: None
) -> None:
    text = text_of(as_admin, f"/configs/{config.pk}")
    assert "Model absent" in text
    assert "No embedding process runs on this machine." in text


def test_member_sees_own_configs_only(
    as_member: Client, config: OptimizationConfig, foreign_project: Project, no_embeddings: None
) -> None:
    foreign = OptimizationConfig.objects.create(project=foreign_project, name="secret-config")
    text = text_of(as_member, "/configs")
    assert "agents" in text
    assert "secret" not in text
    assert as_member.get(f"/configs/{foreign.pk}").status_code == 404
    assert as_member.post(f"/configs/{foreign.pk}/draft").status_code == 404
