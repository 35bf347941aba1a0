"""Keys in the admin."""

import re

from optimizer_app.models import ApiKey
from optimizer_app.models.api_key import key_hash
from tests.optimizer_app.admin.pages import page


def test_a_key_is_shown_once(admin_client, ours):
    config = ours.configs.get()
    form = {"project": str(ours.pk), "name": "new", "config": str(config.pk)}

    answer = admin_client.post(page("apikey", "add"), form, follow=True)

    [secret] = re.findall(r"tok_[\w-]{32}", answer.content.decode())
    key = ApiKey.objects.get(name="new")
    assert key.hash == key_hash(secret)
    assert key.config == config
    assert secret not in admin_client.get(page("apikey", "change", key.pk)).content.decode()
    assert ApiKey.objects.filter(project=ours).count() == 2


def test_a_key_cannot_take_another_projects_config(admin_client, ours, theirs):
    foreign = str(theirs.configs.get().pk)
    form = {"project": str(ours.pk), "name": "new", "config": foreign}
    assert "belongs to another project" in admin_client.post(page("apikey", "add"), form).content.decode()

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
