"""What answered requests leave to be compressed for their next turn."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection

from optimizer_app.models import OptimizationConfig, Precompression
from optimizer_app.precompression.sealing import row_key
from tests.gateway.accounts import Account
from tests.gateway.prompts import MODEL
from tests.optimizer_app.precompression.texts import prose
from tests.patience import PATIENCE_SECONDS
from token_optimizer.optimizer.compression.llmlingua.compressor import EXTRACTIVE
from token_optimizer.ports import CompressionKey


def _conversation(number: int, **fields: Any) -> dict[str, Any]:
    messages = [
        {"role": "user", "content": "Tell me about the villages."},
        {"role": "assistant", "content": prose(number)},
        {"role": "user", "content": "Go on."},
    ]
    return {"model": MODEL, "messages": messages, **fields}


def _queued(account: Account, number: int) -> Precompression:
    """The row of the conversation's prose, once it is there."""
    key = row_key(CompressionKey.of(prose(number), EXTRACTIVE, 0.5), account.project.hash_secret)
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        row = Precompression.objects.filter(project=account.project, key=key).first()
        if row is not None:
            return row
        assert time.monotonic() < give_up_at, "nothing was queued"
        time.sleep(0.05)


@pytest.fixture
def _configs(account: Account) -> None:
    """One that leaves no time to compress within the request, and one that does not compress."""
    configs = OptimizationConfig.objects.filter(project=account.project)
    configs.update(fields={"max_latency_ms": 1})
    configs.create(project=account.project, name="plain", fields={"enable_compression": False})


@pytest.mark.usefixtures("_configs")
@pytest.mark.parametrize("stream", [False, True])
def test_it_works(account: Account, stream: bool) -> None:
    assert account.post("/v1/chat/completions", _conversation(1, stream=stream)).status_code == 200
    row = _queued(account, 1)
    assert (row.state, row.compressor, row.rate, row.threshold) == ("queued", EXTRACTIVE, 0.5, 0.85)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM optimizer_app_precompression t")
        assert not any("village" in text for (text,) in cursor.fetchall())


@pytest.mark.usefixtures("_configs")
def test_what_is_not_compressed_leaves_nothing(account: Account) -> None:
    off = {"x-optimizer-mode": "off"}
    assert account.post("/v1/chat/completions", _conversation(1), headers=off).status_code == 200
    assert account.post("/v1/optimize", _conversation(2)).status_code == 200
    plain = {"x-optimizer-config": "plain"}
    assert account.post("/v1/chat/completions", _conversation(3), headers=plain).status_code == 200
    # The queue is filled in order, so the others would be there by now.
    account.post("/v1/chat/completions", _conversation(4))
    _queued(account, 4)
    assert Precompression.objects.filter(project=account.project).count() == 1
