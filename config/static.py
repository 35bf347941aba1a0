"""Static files: those with a hash in their name never change, so browsers may keep them for a year."""

from __future__ import annotations

import os
import re

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOREVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
_HASHED = re.compile(r"\.[0-9a-f]{12}\.[^/]+$")


class CollectedFiles(StaticFiles):
    """What `collectstatic` gathered, with a word on how long to keep it."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = FOREVER if _HASHED.search(path) else ASK_EACH_TIME
        response.headers["x-content-type-options"] = "nosniff"
        return response


class SourceFiles(CollectedFiles):
    """Files where they lie in the project and its packages, as Django finds them: nothing to collect."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        try:
            found = finders.find(path)
        except SuspiciousFileOperation:  # outside of every folder
            found = None
        return (found, os.stat(found)) if isinstance(found, str) else ("", None)


def static_files() -> Starlette:
    """The application under /static/."""
    if settings.STATIC_FROM_SOURCE:
        return Starlette(routes=[Mount("/static", app=SourceFiles())])
    files = CollectedFiles(directory=settings.STATIC_ROOT, check_dir=False)
    return Starlette(routes=[Mount("/static", app=files)])
