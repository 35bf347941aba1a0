"""The page says whether requests use the documents."""

from __future__ import annotations

import pytest
from django.test import Client

from optimizer_app.models import OptimizationConfig, Project
from tests.dashboard.documents.rows import make_document
from tests.dashboard.pages import page_text


@pytest.fixture
def default(project: Project) -> OptimizationConfig:
    make_document(project)
    OptimizationConfig.objects.create(project=project, name="aaa")
    return OptimizationConfig.objects.create(project=project, name="balanced", is_default=True)


def test_no_config_retrieves(as_member: Client, default: OptimizationConfig) -> None:
    page = page_text(as_member, "/documents")
    assert "No config retrieves yet, so no request uses them: switch it on in" in page
    link = f"/configs/{default.pk}#id_enable_semantic_retrieval"
    assert f'href="{link}">balanced</a>' in page
    assert 'id="id_enable_semantic_retrieval"' in page_text(as_member, link)


def test_configs_that_retrieve_are_named(as_member: Client, default: OptimizationConfig) -> None:
    default.fields = {"enable_semantic_retrieval": True}
    default.save()
    page = page_text(as_member, "/documents")
    assert f'Requests get passages of them by <a href="/configs/{default.pk}">balanced</a>' in page
    default.fields = {"enable_semantic_retrieval": True, "vector_topk_per_type": {"doc": 0}}
    default.save()
    assert "No config retrieves yet" in page_text(as_member, "/documents")


def test_another_projects_config_is_not_ones_own(
    as_member: Client, default: OptimizationConfig, foreign_project: Project
) -> None:
    fields = {"enable_semantic_retrieval": True}
    OptimizationConfig.objects.create(project=foreign_project, name="theirs", fields=fields)
    page = page_text(as_member, "/documents")
    assert "No config retrieves yet" in page
    assert "theirs" not in page


def test_without_a_config_one_is_made(as_member: Client, project: Project) -> None:
    make_document(project)
    assert 'href="/configs/new">make one</a>' in page_text(as_member, "/documents")


def test_without_documents_nothing_is_said(as_member: Client, project: Project) -> None:
    assert "No config retrieves yet" not in page_text(as_member, "/documents")
