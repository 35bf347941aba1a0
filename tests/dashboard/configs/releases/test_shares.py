"""Publishing to a share from the pages, and its end by one click."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.configs.create import create_config
from optimizer_app.configs.versions.drafts import save_draft
from optimizer_app.models import ConfigShare, OptimizationConfig, Project
from tests.dashboard.configs.test_views import text_of
from tests.dashboard.traces.rows import make_trace
from tests.optimizer_app.releases.prompts import ROOMY, TIGHT

TO_CONVERSATIONS = {"base_version": "1", "to": "conversations", "percent": "20", "note": "a try"}


@pytest.fixture
def config(project: Project, member: User, use_socket: Any, tmp_path: Any) -> OptimizationConfig:
    use_socket(tmp_path / "nobody.sock")
    config = create_config(project, "agents", ROOMY, author=member)
    save_draft(config, member, TIGHT)
    return config


def post(client: Client, path: str, **sent: str) -> str:
    """The text of the page that a post leads to."""
    return text_of_answer(client.post(path, sent, follow=True))


def text_of_answer(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_share_is_published_compared_and_goes_to_all(as_member: Client, config: OptimizationConfig) -> None:
    place = f"/configs/{config.pk}"
    page = post(as_member, f"{place}/publish", **TO_CONVERSATIONS)
    assert "v2 is live for 20% of conversations; the others stay on v1." in page
    share = ConfigShare.objects.get()
    assert (share.percent, share.version.note) == (20, "a try")
    ConfigShare.objects.update(started_at=share.started_at - timedelta(minutes=30))
    now = {"config_name": "agents", "age": timedelta(minutes=5)}
    make_trace(config.project, config_version=1, **now)
    make_trace(config.project, config_version=2, tokens_after=100, **now)
    page = text_of(as_member, place)
    assert "v2 runs on 20% of conversations" in page
    assert "v1 live v2 share Requests 1 1 Cut 60% 90% Net – – Net a request – –" in page
    assert "Fallbacks 0% 0% Added latency, P50 38 ms 38 ms" in page
    assert "A share runs: end it to publish" in page
    page = post(as_member, f"{place}/share/publish")
    assert "v2 is live for 0 keys." in page
    assert "v2 ran on 20% of conversations" in page
    config.refresh_from_db()
    assert (config.version, config.running_share) == (2, None)


def test_a_share_is_rolled_back_by_one_click(as_member: Client, config: OptimizationConfig) -> None:
    place = f"/configs/{config.pk}"
    post(as_member, f"{place}/publish", **TO_CONVERSATIONS)
    page = post(as_member, f"{place}/share/roll-back")
    assert "v2 was rolled back: all requests meet v1 again." in page
    assert "Nothing was rolled back: no version of agents runs on a share." in post(
        as_member, f"{place}/share/roll-back"
    )


def test_a_share_without_a_size_is_refused_at_its_field(
    as_member: Client, config: OptimizationConfig
) -> None:
    page = post(as_member, f"/configs/{config.pk}/publish", **{**TO_CONVERSATIONS, "percent": ""})
    assert "Must be from 1 to 99." in page
    assert not ConfigShare.objects.exists()


def test_while_a_share_runs_nothing_is_rolled_back_to(as_member: Client, config: OptimizationConfig) -> None:
    post(as_member, f"/configs/{config.pk}/publish", **TO_CONVERSATIONS)
    page = text_of(as_member, f"/configs/{config.pk}/versions/2")
    assert "on 20% of conversations" in page
    assert "end that before you roll back" in page


def test_strangers_end_no_share(as_member: Client, foreign_project: Project) -> None:
    config = create_config(foreign_project, "theirs", ROOMY, author=None)
    for path in ("share/publish", "share/roll-back", "cases/run"):
        assert as_member.post(f"/configs/{config.pk}/{path}").status_code == 404
