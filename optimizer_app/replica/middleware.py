"""Lets requests that change nothing read from the replica."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from optimizer_app.replica.lag import replica_watch
from optimizer_app.replica.router import reads_replica, replica_reads


class ReplicaReads:
    """One request reads from one of both: what belongs together is of one moment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        only_looks = request.method in ("GET", "HEAD")
        with replica_reads() if only_looks and replica_watch().is_fit() else nullcontext():
            return self._get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception) -> None:
        """The next request reads from the primary; this one is answered as one without a database."""
        if reads_replica() and isinstance(error, OperationalError | InterfaceError):
            replica_watch().distrust()
