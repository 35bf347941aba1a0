"""Lines that name the endpoints that may be asked."""

from __future__ import annotations

import pytest

from optimizer_app.limits.path_lines import MAX_LINES, NoPathLine, may_send, path_lines
from optimizer_app.limits.values import NO_LIMITS, Limits


def test_without_a_line_every_endpoint_may_be_asked() -> None:
    assert NO_LIMITS.allow_endpoint("POST", "/v1/responses")
    held = Limits(allowed_endpoints=["/mcp", "GET /v1/models"])
    assert held.any_set
    assert held.allow_endpoint("POST", "/mcp")
    assert held.allow_endpoint("HEAD", "/v1/models")
    assert not held.allow_endpoint("POST", "/v1/responses")


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("POST /v1/embeddings", True),
        ("/v1/embeddings", True),
        ("GET /v1/embeddings", False),
        ("/v1/embedding", False),
        ("/v1/embeddings/*", False),
        ("/mcp", False),
    ],
)
def test_a_line_allows_a_method_and_a_path(line: str, allowed: bool) -> None:
    assert may_send([line], "POST", "/v1/embeddings") is allowed


def test_a_line_allows_what_lies_below() -> None:
    lines = ["GET /v1/files/*"]
    assert may_send(lines, "GET", "/v1/files/f/content")
    assert may_send(lines, "HEAD", "/v1/files/f")
    assert not may_send(lines, "GET", "/v1/files")
    assert not may_send(lines, "POST", "/v1/files/f")


@pytest.mark.parametrize(
    "line", ["embeddings", "PUT /v1/files", "/v1/../admin/..%2f", "/v1/files/*/x", "/v1/"]
)
def test_what_is_no_path_is_refused(line: str) -> None:
    with pytest.raises(NoPathLine):
        path_lines([line])


def test_lines_are_kept_once_and_not_too_many() -> None:
    assert path_lines(["POST  /v1/a", "", "POST /v1/a", "/api/v1/events"]) == ["POST /v1/a", "/api/v1/events"]
    with pytest.raises(NoPathLine, match="at most"):
        path_lines([f"/v1/{n}" for n in range(MAX_LINES + 1)])
