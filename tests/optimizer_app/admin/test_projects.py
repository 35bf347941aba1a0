"""Keys in the admin."""

from optimizer_app.models import ApiKey
from tests.optimizer_app.admin.pages import page


def test_keys_are_not_made_here(admin_client, ours):
    """A message with the secret would travel in a cookie; the project's page makes them."""
    form = {"project": str(ours.pk), "name": "new"}
    assert admin_client.post(page("apikey", "add"), form).status_code == 403
    assert ApiKey.objects.filter(project=ours).count() == 1


def test_a_key_cannot_take_another_projects_config(admin_client, ours, theirs):
    foreign = str(theirs.configs.get().pk)
    key = ours.keys.get()
    answer = admin_client.post(page("apikey", "change", key.pk), {"name": key.name, "config": foreign})
    assert "belongs to another project" in answer.content.decode()
    assert ApiKey.objects.filter(config__isnull=False).count() == 0


def test_keys_are_revoked_and_not_deleted(admin_client, ours):
    key = ours.keys.get()
    assert admin_client.post(page("apikey", "delete", key.pk), {"post": "yes"}).status_code == 403

    admin_client.post(page("apikey"), {"action": "revoke", "_selected_action": [str(key.pk)]})

    key.refresh_from_db()
    assert key.revoked_at is not None
