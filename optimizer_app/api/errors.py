"""One shape of errors: `{"error": {"type", "message", "fields"}}`; `fields` has what was wrong by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

_TYPES = {
    400: "invalid_request",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    415: "unsupported_media_type",
    422: "idempotency_key_reused",
    503: "unavailable",
}


class Conflict(exceptions.APIException):
    """What was asked for does not fit what is there now. `more` says what that is."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"

    def __init__(self, detail: str, more: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.more = dict(more or {})


class Unavailable(exceptions.APIException):
    """What would say it does not answer now."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"


class KeyReused(exceptions.APIException):
    """An idempotency key came again with another request."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "this Idempotency-Key was used for another request"


def error_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to an error; None leaves it to Django, as what nobody foresaw."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    return Response({"error": _shown(error)}, status=error.status_code, headers=_headers(error))


def _shown(error: exceptions.APIException) -> dict[str, Any]:
    fields = dict(_by_field(error.detail))
    message = "; ".join(f"{name}: {text}" if name else text for name, text in fields.items())
    named = {name: text for name, text in fields.items() if name}
    shown = {"type": _TYPES.get(error.status_code, "error"), "message": message}
    return {**shown, **({"fields": named} if named else {}), **getattr(error, "more", {})}


def _by_field(detail: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each message with the path of the field that it is about: `fields.keep_last_n_turns`."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            part = "" if key == "non_field_errors" else str(key)
            yield from _by_field(inner, ".".join(filter(None, (name, part))))
    elif isinstance(detail, list):
        yield name, " ".join(map(str, detail))
    else:
        yield name, str(detail)


def _headers(error: exceptions.APIException) -> dict[str, str]:
    challenge = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": challenge} if challenge else {}
