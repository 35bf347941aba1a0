"""Which requests are relayed with the project's key."""

from __future__ import annotations

import pytest

from gateway.endpoints.relayed_paths.relayed import is_relayed


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /v1/models/gpt-4o",
        "POST /v1/embeddings",
        "POST /v1/audio/speech",
        "POST /v1/files",
        "GET /v1/files",
        "GET /v1/files/f/content",
        "GET /v1/batches",
        "POST /v1/batches/b/cancel",
        "GET /v1/messages/batches/b/results",
        "DELETE /v1/responses/r",
        "POST /v1/responses/compact",
    ],
)
def test_what_uses_a_model_is_relayed(request_line: str) -> None:
    assert is_relayed(*request_line.split(" "))


@pytest.mark.parametrize(
    "request_line",
    [
        "DELETE /v1/files/f",
        "POST /v1/fine_tuning/jobs",
        "GET /v1/organization/admin_api_keys",
        "POST /v1/organization/users",
        "GET /v1/chat/completions",
        "DELETE /v1/models/ft",
        "POST /v1/vector_stores",
        "GET /v1/",
        "GET /v1/ingest",
        "PATCH /v1/embeddings",
        "GET /v1/files/f/content/x",
    ],
)
def test_what_manages_the_account_is_not(request_line: str) -> None:
    assert not is_relayed(*request_line.split(" "))
