"""The gateway's own errors, in the shape of the dialect that was asked.

    GatewayError          status, message, and where it helps the parameter that was wrong
    ├── BadRequest        400
    ├── Unauthorized      401
    ├── Forbidden         403: the key is not made for this
    ├── NotFound          404
    ├── MethodNotAllowed  405
    ├── TooLarge          413
    ├── UnsupportedEncoding  415: a body compressed in a way that is not read
    ├── UpgradeRequired   426: websockets are not spoken
    ├── TooManyBytes      429: this key sends more at a time than one may
    ├── RateLimited       429: a key or its project asks for more than it may in a minute, or at a time
    ├── BudgetSpent       429: a key or its project has spent its money
    ├── InternalError     500: the gateway broke
    ├── UpstreamFailed    502: the provider broke off, or must not be called
    │   └── Unreachable   502: no connection to the provider, or one that ended before it answered
    ├── Unavailable       503: our own database is down and the key is not known yet
    └── UpstreamTimeout   504: the provider stayed silent for too long
        └── ConnectTimeout  504: it took no connection in time

Errors that a provider answers with are never rewritten: those pass through as they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import orjson

from token_optimizer.models import Dialect

Header = tuple[str, str]


def id_headers(request_id: str) -> list[Header]:
    """The id of a request where each provider's SDK looks for it."""
    return [("x-request-id", request_id), ("request-id", request_id)]


class GatewayError(Exception):
    """An answer that is an error of ours. The message names what was wrong, never a secret or a prompt."""

    status: ClassVar[int] = 500
    openai_type: ClassVar[str] = "server_error"
    anthropic_type: ClassVar[str] = "api_error"
    code: ClassVar[str | None] = None
    # The limit of ours that was passed.
    limit: str = ""

    def __init__(self, message: str, *, param: str | None = None, headers: Sequence[Header] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.headers = headers

    def body(self, dialect: Dialect, request_id: str) -> bytes:
        """The error as that dialect's SDK expects it."""
        shape = self._anthropic(request_id) if dialect == "anthropic" else self._openai()
        return orjson.dumps(shape)

    def _openai(self) -> dict[str, Any]:
        error = {
            "message": self.message,
            "type": self.openai_type,
            "param": self.param,
            "code": self.code,
        }
        return {"error": error}

    def _anthropic(self, request_id: str) -> dict[str, Any]:
        error = {"type": self.anthropic_type, "message": self.message}
        return {"type": "error", "error": error, "request_id": request_id}


class BadRequest(GatewayError):
    status = 400
    openai_type = "invalid_request_error"
    anthropic_type = "invalid_request_error"


class Unauthorized(GatewayError):
    status = 401
    openai_type = "invalid_request_error"
    anthropic_type = "authentication_error"
    code = "invalid_api_key"


class Forbidden(GatewayError):
    status = 403
    openai_type = "invalid_request_error"
    anthropic_type = "permission_error"
    code = "not_allowed_by_key"


class NotFound(GatewayError):
    status = 404
    openai_type = "invalid_request_error"
    anthropic_type = "not_found_error"
    code = "not_found"


class MethodNotAllowed(GatewayError):
    status = 405
    openai_type = "invalid_request_error"
    anthropic_type = "invalid_request_error"
    code = "method_not_allowed"


class TooLarge(GatewayError):
    status = 413
    openai_type = "invalid_request_error"
    anthropic_type = "request_too_large"
    code = "request_too_large"


def too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"the request body is larger than {max_bytes // 1024**2} MB")


class UnsupportedEncoding(GatewayError):
    status = 415
    openai_type = "invalid_request_error"
    anthropic_type = "invalid_request_error"
    code = "unsupported_content_encoding"


class RequestTimeout(GatewayError):
    status = 408
    openai_type = "invalid_request_error"
    anthropic_type = "invalid_request_error"
    code = "request_timeout"


class UpgradeRequired(GatewayError):
    status = 426
    openai_type = "invalid_request_error"
    anthropic_type = "invalid_request_error"
    code = "upgrade_required"


class TooManyBytes(GatewayError):
    status = 429
    limit = "bytes"
    openai_type = "requests"
    anthropic_type = "rate_limit_error"
    code = "too_many_bytes"


class RateLimited(GatewayError):
    status = 429
    openai_type = "requests"
    anthropic_type = "rate_limit_error"
    code = "rate_limit_exceeded"

    def __init__(self, message: str, *, limit: str, headers: Sequence[Header] = ()) -> None:
        super().__init__(message, headers=headers)
        self.limit = limit


class BudgetSpent(GatewayError):
    status = 429
    limit = "budget"
    openai_type = "insufficient_quota"
    anthropic_type = "rate_limit_error"
    code = "insufficient_quota"


class InternalError(GatewayError):
    status = 500
    code = "internal_error"


class UpstreamFailed(GatewayError):
    status = 502
    code = "upstream_failed"


class Unreachable(UpstreamFailed):
    """Nothing was answered: the request may be sent again."""


class Unavailable(GatewayError):
    status = 503
    anthropic_type = "overloaded_error"
    code = "unavailable"


class UpstreamTimeout(GatewayError):
    status = 504
    openai_type = "timeout_error"
    anthropic_type = "timeout_error"
    code = "upstream_timeout"


class ConnectTimeout(UpstreamTimeout):
    """Nothing was sent: the request may be sent again."""
