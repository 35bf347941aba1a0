"""OptimizerConfig: values that cannot be used are named."""

from __future__ import annotations

import pytest

from token_optimizer.config import SUMMARIZERS, OptimizerConfig
from token_optimizer.errors import ConfigError


@pytest.mark.parametrize("name", SUMMARIZERS)
def test_every_summarizer_is_accepted(name: str) -> None:
    assert OptimizerConfig.preset("balanced", summarizer=name).summarizer == name


@pytest.mark.parametrize("name", ["sumbasic", "", None, 3])
def test_an_unknown_summarizer_is_named(name: object) -> None:
    with pytest.raises(ConfigError, match=f"summarizer {name!r} is not one of textrank, lexrank"):
        OptimizerConfig.from_fields({"summarizer": name})
