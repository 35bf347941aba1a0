"""Rows of the list of configs; why a config cannot be used; which model embeds for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Sum

from dashboard.configs.week import WeekFigures, week_figures
from optimizer_app.configs.usage import active_keys_of
from optimizer_app.configs.values import ConfigValues
from optimizer_app.embeddings.client import status
from optimizer_app.embeddings.wire import EmbeddingStatus
from optimizer_app.ingest.control import waiting_for_vectors
from optimizer_app.models import Document, OptimizationConfig
from token_optimizer.errors import ConfigError

_ORIGINS = {
    "hub": "the Hugging Face hub's local cache",
    "path": "a folder",
    "wheel": "the wheel of an installed package",
}


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """`week` has what its requests of the last seven days came to."""

    config: OptimizationConfig
    differences: int
    keys: int
    week: WeekFigures


@dataclass(frozen=True, slots=True)
class Embedding:
    """Which model embeds a project's documents, and how far it is with them."""

    status: EmbeddingStatus
    waiting: int
    embedded: int
    documents: int

    @property
    def origin(self) -> str:
        return _ORIGINS.get(self.status.origin, self.status.origin)

    @property
    def stands_in(self) -> bool:
        """Whether another model embeds than the one that was asked for."""
        ready = self.status.state == "ready"
        return ready and bool(self.status.asked_for) and self.status.asked_for != self.status.model


def config_rows(configs: Sequence[OptimizationConfig]) -> list[ConfigRow]:
    """The configs with the number of keys that use each; those without a config use the default one."""
    week = week_figures(tuple({config.project_id for config in configs}))
    return [
        ConfigRow(
            config,
            len(ConfigValues.of(config).fields),
            len(active_keys_of(config)),
            week.get((config.project_id, config.name), WeekFigures()),
        )
        for config in configs
    ]


def problem(config: OptimizationConfig) -> str:
    """Why the config cannot be used; empty where it can."""
    try:
        config.as_optimizer_config()
    except (ConfigError, TypeError) as error:
        return str(error)
    return ""


def embedding_of(config: OptimizationConfig) -> Embedding:
    documents = Document.objects.filter(project=config.project_id)
    sums = documents.aggregate(count=Count("pk"), embedded=Sum("embedded", default=0))
    return Embedding(status(), waiting_for_vectors(config.project_id), sums["embedded"], sums["count"])
