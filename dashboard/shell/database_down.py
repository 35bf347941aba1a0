"""What every page says while PostgreSQL does not answer: who is reading cannot be asked, either."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.shell.themes import theme_of

log = structlog.get_logger(__name__)


class DatabaseDown:
    """Answers with a 503 that says what is down, what goes on meanwhile, and what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        log.warning("page_without_database", error=type(error).__name__)
        context = {
            "theme": theme_of(request),
            "embedded": settings.EMBEDDED_POSTGRES,
            "start_command": settings.START_COMMAND,
            "log": settings.LOG_DIR / "postgres.log",
        }
        response = render(request, "dashboard/database_down.html", context, status=503)
        response.headers["Retry-After"] = "5"
        return response
