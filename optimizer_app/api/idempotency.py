"""A POST that is sent again with the same `Idempotency-Key` answers as the first did, and does nothing.

The answer is kept for a day, encrypted, since it may hold a new key's secret. By the IETF's draft
"The Idempotency-Key HTTP Header Field": the same key with another request is a 422, and one whose first
request is still being worked on a 409.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from optimizer_app.api.errors import Conflict, KeyReused
from optimizer_app.security.encryption import decrypt, encrypt

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
_KEPT_SECONDS = 24 * 3600
_WORK_SECONDS = 60
_MAX_KEY_CHARS = 255

Method = Callable[..., Response]


def idempotent(method: Method) -> Method:
    """A view's method that honours the header."""

    @wraps(method)
    def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER, "")
        if not key:
            return method(view, request, *args, **kwargs)
        if len(key) > _MAX_KEY_CHARS:
            raise Conflict(f"{HEADER} has more than {_MAX_KEY_CHARS} characters")
        return _once(request, key, lambda: method(view, request, *args, **kwargs))

    return answer


def _once(request: Request, key: str, work: Callable[[], Response]) -> Response:
    place, asked = _place(request, key), _digest(request.data)
    if not cache.add(place, {"asked": asked}, _WORK_SECONDS):
        return _replayed(cache.get(place), asked)
    try:
        response = work()
    except BaseException:
        cache.delete(place)
        raise
    answer = json.dumps([response.status_code, response.data], cls=JSONEncoder)
    cache.set(place, {"asked": asked, "answer": encrypt(answer)}, _KEPT_SECONDS)
    return response


def _replayed(kept: dict[str, str] | None, asked: str) -> Response:
    if kept is not None and kept["asked"] != asked:
        raise KeyReused()
    if kept is None or "answer" not in kept:
        raise Conflict("the first request with this Idempotency-Key is still being worked on")
    status, data = json.loads(decrypt(kept["answer"]))
    return Response(data, status=status, headers={REPLAYED_HEADER: "true"})


def _place(request: Request, key: str) -> str:
    """Where the answer is kept: nobody meets another one's."""
    who = (request.user.pk, getattr(request.auth, "pk", None))
    return f"api-idempotency:{_digest([*map(str, who), request.method, request.path, key])}"


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, cls=JSONEncoder).encode()).hexdigest()
