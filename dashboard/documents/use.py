"""Whether requests use the documents: a config has to say so."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.shell.scope import Scope
from optimizer_app.configs.usage import retrieves
from optimizer_app.models import OptimizationConfig

# The field of the config's page that switches it on.
SWITCH = "id_enable_semantic_retrieval"


@dataclass(frozen=True, slots=True)
class DocumentUse:
    """The configs by which requests get passages, and where there is none the one to switch it on in."""

    retrieving: tuple[OptimizationConfig, ...]
    candidate: OptimizationConfig | None


def document_use(scope: Scope) -> DocumentUse:
    configs = list(scope.configs().select_related("project").order_by("project__name", "-is_default", "name"))
    return DocumentUse(tuple(filter(retrieves, configs)), configs[0] if configs else None)
