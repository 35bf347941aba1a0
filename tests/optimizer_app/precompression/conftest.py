"""Two projects, and a reader of precompressions. Models are imported within: this file is read before
Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from optimizer_app.models import Project
    from optimizer_app.precompression.lookups import PrecompressionReader


@pytest.fixture
def project(transactional_db: None) -> Project:
    from optimizer_app.models import Project

    return Project.objects.create(name="ours")


@pytest.fixture
def other(project: Project) -> Project:
    from optimizer_app.models import Project

    return Project.objects.create(name="theirs")


@pytest.fixture
def reader(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrecompressionReader]:
    """On a connection of its own, which sees what is committed. It may take its time: the machine is busy."""
    from django.db import connection

    from optimizer_app.precompression import lookups
    from optimizer_app.precompression.lookups import PrecompressionReader, conninfo_of

    monkeypatch.setattr(lookups, "LOOKUP_TIMEOUT_SECONDS", PATIENCE_SECONDS)
    reader = PrecompressionReader(conninfo_of(connection.settings_dict))
    yield reader
    reader.close()
