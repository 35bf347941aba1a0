"""The rows of the list of providers: what each is, and what came by it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer_app.models import Provider
from optimizer_app.providers.addresses import base_url_of
from optimizer_app.providers.change import is_from_environment
from optimizer_app.rollups.reading import Selection, Stretch, sums


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """`ahead` is the provider of the same kind that gets this one's requests, where there is one."""

    provider: Provider
    requests: int
    ahead: Provider | None

    @property
    def url(self) -> str:
        return url_of(self.provider)

    @property
    def from_environment(self) -> bool:
        return is_from_environment(self.provider)


def provider_rows(providers: Sequence[Provider], stretch: Stretch) -> list[ProviderRow]:
    """The providers by project, in the order in which requests look for one."""
    asked = Selection(tuple({provider.project_id for provider in providers}))
    counted = sums(asked, stretch, ("project_id", "provider"), ("requests",))
    requests = {(row["project_id"], row["provider"]): row["requests"] for row in counted}
    first: dict[tuple[uuid.UUID, str], Provider] = {}
    rows = []
    for provider in sorted(providers, key=lambda row: (row.project.name, row.created_at, row.name)):
        serving = first.setdefault((provider.project_id, provider.kind), provider)
        count = requests.get((provider.project_id, provider.name), 0)
        rows.append(ProviderRow(provider, count, None if serving is provider else serving))
    return rows


def url_of(provider: Provider) -> str:
    """Where it lies; empty for the built-in echo."""
    if provider.kind == Provider.Kind.ECHO:
        return ""
    return base_url_of(provider.kind, provider.base_url, provider.region)
