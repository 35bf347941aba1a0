"""Providers in the admin: their secrets stay secret."""

from optimizer_app.models import Provider
from tests.optimizer_app.admin.pages import SECRET, page


def provider_form(provider, **changes):
    fields = {"project": str(provider.project_id), "name": provider.name, "kind": provider.kind}
    return {**fields, "base_url": provider.base_url, "secret": "", **changes}


def test_a_providers_secret_can_be_written_and_not_read(admin_client, ours):
    provider = ours.providers.get()
    url = page("provider", "change", provider.pk)
    assert SECRET not in admin_client.get(url).content.decode()

    admin_client.post(url, provider_form(provider, name="renamed"))
    provider.refresh_from_db()
    assert (provider.name, provider.secret()) == ("renamed", SECRET)

    admin_client.post(url, provider_form(provider, secret="sk-other"))
    provider.refresh_from_db()
    assert provider.secret() == "sk-other"
    assert "sk-other" not in provider.encrypted_secret


def test_a_stored_secret_does_not_go_to_a_new_url(admin_client, ours):
    provider = ours.providers.get()
    url = page("provider", "change", provider.pk)
    elsewhere = provider_form(provider, base_url="http://127.0.0.2:9")

    assert "Enter the secret again" in admin_client.post(url, elsewhere).content.decode()
    admin_client.post(url, {**elsewhere, "secret": "sk-other"})

    provider.refresh_from_db()
    assert (provider.base_url, provider.secret()) == ("http://127.0.0.2:9", "sk-other")


def test_a_url_that_a_person_enters_is_no_longer_trusted(admin_client, ours):
    provider = ours.providers.get()
    Provider.objects.filter(pk=provider.pk).update(trusted=True)
    metadata = provider_form(provider, base_url="http://169.254.169.254/", secret="sk-other")

    answer = admin_client.post(page("provider", "change", provider.pk), metadata)

    assert "link-local" in answer.content.decode()
    provider.refresh_from_db()
    assert provider.base_url == "http://127.0.0.1:1"
