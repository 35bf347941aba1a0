"""The admin: every page opens, secrets stay secret, projects are walls."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from optimizer_app.models import ApiKey, Event, OptimizationConfig, Project, Provider, RequestTrace
from optimizer_app.models.api_key import key_hash
from optimizer_app.traces.store import store
from tests.optimizer_app.traces.records import new_record

MODELS = ("project", "apikey", "optimizationconfig", "provider", "requesttrace", "event")
SECRET = "sk-very-secret"


def page(model, action="changelist", *arguments):
    return reverse(f"admin:optimizer_app_{model}_{action}", args=arguments)


def furnished(name):
    """A project with one row of everything."""
    project = Project.objects.create(name=name)
    config = OptimizationConfig.objects.create(project=project, name=f"config-of-{name}", is_default=True)
    key, _ = ApiKey.issue(project=project, name=f"key-of-{name}")
    provider = Provider(
        project=project, name=f"provider-of-{name}", kind="openai", base_url="http://127.0.0.1:1"
    )
    provider.set_secret(SECRET)
    provider.save()
    store([new_record(project.id, api_key_id=key.id, config_name=config.name)])
    return project


@pytest.fixture
def ours(db):
    return furnished("ours")


@pytest.fixture
def theirs(db):
    return furnished("theirs")


@pytest.fixture
def member(client, ours):
    """Staff with every permission, and a member of our project alone."""
    user = User.objects.create_user("member", password="secret", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="optimizer_app"))
    ours.members.add(user)
    client.force_login(user)
    return client


def rows(project):
    models = (ApiKey, OptimizationConfig, Provider, RequestTrace, Event)
    found = {model._meta.model_name: model.objects.get(project=project) for model in models}
    return {"project": project, **found}


@pytest.mark.parametrize("model", MODELS)
def test_it_works(admin_client, ours, model):
    row = rows(ours)[model]

    assert admin_client.get(page(model)).status_code == 200
    assert admin_client.get(page(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", ["user", "group"])
def test_people_are_there_too(admin_client, model):
    assert admin_client.get(reverse(f"admin:auth_{model}_changelist")).status_code == 200
    assert admin_client.get(reverse(f"admin:auth_{model}_add")).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_a_member_sees_their_own_project_alone(member, ours, theirs, model):
    own, foreign = rows(ours)[model], rows(theirs)[model]

    listed = member.get(page(model)).content.decode()

    assert str(own.pk) in listed
    assert str(foreign.pk) not in listed
    assert "theirs" not in listed
    assert member.get(page(model, "change", own.pk)).status_code == 200
    assert member.get(page(model, "change", foreign.pk)).status_code == 302


@pytest.mark.parametrize("model", ["apikey", "optimizationconfig", "provider"])
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


def test_a_trace_is_found_by_its_id(admin_client, ours):
    store([new_record(ours.pk)])
    wanted, other = RequestTrace.objects.all()

    found = admin_client.get(page("requesttrace"), {"q": str(wanted.pk)}).content.decode()
    assert str(wanted.pk) in found
    assert str(other.pk) not in found

    events = admin_client.get(page("event"), {"q": str(wanted.pk)}).content.decode()
    assert str(Event.objects.get(trace_id=wanted.pk).pk) in events
    assert str(Event.objects.get(trace_id=other.pk).pk) not in events

    assert str(wanted.pk) not in admin_client.get(page("requesttrace"), {"q": "nonsense"}).content.decode()


@pytest.mark.parametrize(("name", "value"), [("project", "theirs"), ("route", "bypass")])
def test_traces_are_filtered(admin_client, ours, theirs, name, value):
    store([new_record(theirs.pk, route="bypass")])
    value = str(theirs.pk) if value == "theirs" else value
    matching = RequestTrace.objects.filter(**{name: value})

    listed = admin_client.get(page("requesttrace"), {name: value}).content.decode()

    shown = set(re.findall(r"requesttrace/([0-9a-f-]{36})/change", listed))
    assert shown == {str(trace.pk) for trace in matching}


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


def test_a_changed_config_gets_a_new_version(admin_client, ours):
    config = ours.configs.get()
    form = {
        "project": str(ours.pk),
        "name": config.name,
        "preset": "safe",
        "fields": "",
        "is_default": "on",
    }
    for expected in (2, 2):
        admin_client.post(page("optimizationconfig", "change", config.pk), form)
        config.refresh_from_db()
        assert (config.preset, config.fields, config.version) == ("safe", {}, expected)


def test_a_config_that_cannot_be_used_is_refused(admin_client, ours):
    form = {"project": str(ours.pk), "name": "new", "preset": "safe", "fields": '{"keep_last_n_turns": -1}'}

    answer = admin_client.post(page("optimizationconfig", "add"), form)

    assert "keep_last_n_turns must be a whole number" in answer.content.decode()


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
