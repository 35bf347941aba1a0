"""The admin's pages, and projects to show in them."""

from django.urls import reverse

from optimizer_app.models import ApiKey, Event, OptimizationConfig, Project, Provider, RequestTrace
from optimizer_app.traces.storing.store import store
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


def rows(project):
    models = (ApiKey, OptimizationConfig, Provider, RequestTrace, Event)
    found = {model._meta.model_name: model.objects.get(project=project) for model in models}
    return {"project": project, **found}
