"""Prices from a file in the form of genai-prices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from genai_prices import data_snapshot

from optimizer_app.prices.entries import prices_of
from optimizer_app.prices.file import NoPriceFile, price_source, providers_in, use_price_file
from token_optimizer.optimizer.conversation.cache_prices import cache_prices, priced_model

MODEL = {
    "id": "house-model",
    "match": {"equals": "house-model"},
    "context_window": 4_321,
    "prices": {"input_mtok": 2, "output_mtok": 8, "cache_read_mtok": 0.5},
}
HOUSE = {"id": "house", "name": "House", "api_pattern": "house", "model_match": {"starts_with": "house"}}
DATA = [{**HOUSE, "models": [MODEL]}]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(DATA))
    return path


@pytest.fixture(autouse=True)
def _prices_of_the_package() -> Iterator[None]:
    yield
    data_snapshot.set_custom_snapshot(None)
    priced_model.cache_clear()
    cache_prices.cache_clear()


def test_the_file_takes_the_place_of_the_package(file: Path) -> None:
    assert priced_model("house-model", "openai") is None
    use_price_file(file)
    found = priced_model("house-model", "openai")
    assert found is not None
    assert found[1].context_window == 4_321
    assert prices_of(found).output_usd == 8
    assert cache_prices("house-model", "openai") is not None
    assert priced_model("gpt-4o", "openai") is None


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'"x"', b"[1]", b'[{"id": "house"}]', b"\xff"])
def test_what_is_no_file_of_prices(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "data.json"
    path.write_bytes(data)
    with pytest.raises(NoPriceFile, match="no file of prices"):
        providers_in(path)
    use_price_file(path)
    assert priced_model("gpt-4o", "openai") is not None


def test_the_command_checks_a_file_and_puts_it_there(settings: Any, file: Path, tmp_path: Path) -> None:
    settings.PRICES_FILE = tmp_path / "prices.json"
    assert price_source().startswith("genai-prices ")
    said = StringIO()
    call_command("prices", "--load", str(file), stdout=said)
    assert said.getvalue().startswith("Models: 1, providers: 1.")
    assert price_source().startswith("the price file of ")
    file.write_text("[]")
    with pytest.raises(CommandError, match="no file of prices"):
        call_command("prices", "--load", str(file))
    assert json.loads(settings.PRICES_FILE.read_text()) == DATA
    call_command("prices", "--forget", stdout=said)
    assert price_source().startswith("genai-prices ")
