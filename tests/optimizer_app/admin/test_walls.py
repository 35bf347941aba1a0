"""Every page of the admin opens, and projects are walls."""

import pytest

from tests.optimizer_app.admin.pages import MODELS, page, rows


@pytest.mark.parametrize("model", MODELS)
def test_it_works(admin_client, ours, model):
    row = rows(ours)[model]

    assert admin_client.get(page(model)).status_code == 200
    assert admin_client.get(page(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_a_member_sees_their_own_project_alone(member, ours, theirs, model):
    own, foreign = rows(ours)[model], rows(theirs)[model]

    listed = member.get(page(model)).content.decode()

    assert str(own.pk) in listed
    assert str(foreign.pk) not in listed
    assert "theirs" not in listed
    assert member.get(page(model, "change", own.pk)).status_code == 200
    assert member.get(page(model, "change", foreign.pk)).status_code == 302


@pytest.mark.parametrize("model", ["optimizationconfig", "provider"])
def test_a_member_can_choose_no_foreign_rows(member, ours, theirs, model):
    assert "theirs" not in member.get(page(model, "add")).content.decode()
    assert "theirs" not in member.get(page(model, "change", rows(ours)[model].pk)).content.decode()

    answer = member.post(page(model, "add"), {"project": str(theirs.pk), "name": "mine", "preset": "safe"})

    assert answer.status_code == 200
    assert "not one of the available choices" in answer.content.decode()


@pytest.mark.parametrize("model", ["requesttrace", "event"])
def test_what_the_gateway_wrote_is_only_shown(admin_client, ours, model):
    row = rows(ours)[model]

    assert admin_client.get(page(model, "add")).status_code == 403
    assert admin_client.post(page(model, "change", row.pk), {}).status_code == 403
    assert admin_client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("project", "hash_secret"),
        ("apikey", "project__hash_secret"),
        ("apikey", "hash"),
        ("provider", "encrypted_secret"),
        ("event", "payload"),
    ],
)
def test_no_field_can_be_guessed_by_a_filter(admin_client, ours, model, field):
    row = rows(ours)[model]
    for lookup in ("startswith", "regex", "gt"):
        assert admin_client.get(page(model), {f"{field}__{lookup}": "a"}).status_code == 400
    assert str(row.pk) in admin_client.get(page(model), {"q": ""}).content.decode()


@pytest.mark.parametrize(
    ("model", "offered"),
    [
        ("apikey", "revoked_at__isempty=1"),
        ("provider", "kind__exact=openai"),
        ("optimizationconfig", "is_default__exact=1"),
        ("requesttrace", "status__exact=ok"),
    ],
)
def test_the_offered_filters_work(admin_client, ours, model, offered):
    assert str(rows(ours)[model].pk) in admin_client.get(f"{page(model)}?{offered}").content.decode()
