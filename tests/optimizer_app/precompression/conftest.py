"""Two projects, and a line to what is kept. Models are imported within: this file is read before Django is
set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from optimizer_app.models import Project
    from optimizer_app.precompression.lookups import KeptCompressions


@pytest.fixture
def project(transactional_db: None) -> Project:
    from optimizer_app.models import Project

    return Project.objects.create(name="ours")


@pytest.fixture
def other(project: Project) -> Project:
    from optimizer_app.models import Project

    return Project.objects.create(name="theirs")


@pytest.fixture
def kept(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptCompressions]:
    """On a connection of its own, which sees what is committed. It may take its time: the machine is busy."""
    from django.db import connection

    from optimizer_app.precompression import lookups as looks
    from optimizer_app.precompression.lookups import KeptCompressions, line_to

    monkeypatch.setattr(looks, "WITHIN_SECONDS", 30.0)
    kept = KeptCompressions(line_to(connection.settings_dict))
    yield kept
    kept.close()
