"""The three steps of a new install, each ticked by what really happened."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.shell.scope import Scope
from optimizer_app.models import ApiKey, Provider, RequestTrace

# The ticked steps stay on the page until so many requests have come.
MAX_REQUESTS = 5


@dataclass(frozen=True, slots=True)
class FirstUse:
    """`providers` are those that reach somebody; without one the built-in echo answers. `used_key` is the key
    that was used last, `first` the first request that arrived."""

    providers: tuple[str, ...]
    has_key: bool
    used_key: ApiKey | None
    first: RequestTrace | None

    @property
    def stays_with_echo(self) -> bool:
        """Whether requests came while echo was all that there is."""
        return not self.providers and self.first is not None


def first_use(scope: Scope) -> FirstUse | None:
    """The steps; None once enough requests have come."""
    traces = list(scope.all_traces().without_details().order_by("-id")[:MAX_REQUESTS])
    if len(traces) == MAX_REQUESTS or not scope.projects:
        return None
    keys = ApiKey.objects.filter(project__in=scope.chosen_projects)
    reaching = scope.providers().exclude(kind=Provider.Kind.ECHO).order_by("created_at")
    return FirstUse(
        tuple(reaching.values_list("name", flat=True)),
        keys.filter(revoked_at=None).exists(),
        keys.exclude(last_used_at=None).order_by("-last_used_at").first(),
        traces[-1] if traces else None,
    )
