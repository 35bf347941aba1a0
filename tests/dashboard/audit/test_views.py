"""The page of the audit log: whose entries, by which filters, and as CSV."""

from __future__ import annotations

from django.test import Client

from optimizer_app.models import AuditEntry, Project
from tests.dashboard.pages import page_text


def entry(project: Project | None, **fields: object) -> AuditEntry:
    usual = {"action": "changed", "kind": "key", "actor_name": "ada", "actor_id": None, "object_name": "ci"}
    return AuditEntry.objects.create(project_id=project.pk if project else None, **{**usual, **fields})


def test_an_owner_sees_what_happened_in_the_project(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    entry(project, changes={"name": ["old", "new"]})
    entry(foreign_project, object_name="theirs")
    entry(None, action="failed login", object_name="root")
    page = page_text(as_member, "/audit")
    assert "changed key ci" in page
    assert "name: old → new" in page
    assert "theirs" not in page
    assert "root" not in page


def test_a_viewer_sees_what_they_did(as_viewer: Client, project: Project) -> None:
    entry(project, object_name="not-mine")
    entry(project, object_name="mine", actor_id=as_viewer.session["_auth_user_id"])
    page = page_text(as_viewer, "/audit")
    assert "mine" in page
    assert "not-mine" not in page


def test_it_is_filtered(as_member: Client, project: Project) -> None:
    entry(project)
    entry(project, action="removed", kind="config", actor_name="bob", object_name="agents")
    for query in ("who=bob", "action=removed", "kind=config"):
        page = page_text(as_member, f"/audit?{query}")
        assert "removed config agents" in page
        assert "changed key ci" not in page
    assert "No entry matches" in page_text(as_member, "/audit?who=nobody")


def test_it_is_taken_away_as_csv(as_member: Client, project: Project, foreign_project: Project) -> None:
    entry(project, object_name="=cmd()")
    entry(foreign_project, object_name="theirs")
    lines = as_member.get("/audit.csv").content.decode().splitlines()
    assert lines[0] == "at,who,what,changes,project,address,via,object_id"
    assert "changed key =cmd()" in lines[1]
    assert "theirs" not in "".join(lines)
