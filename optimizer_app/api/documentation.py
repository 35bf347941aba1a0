"""The OpenAPI schema, and the page to try it on."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from optimizer_app.api.operations import collections


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema shows the API's tokens."""

    target_class = "optimizer_app.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return build_bearer_security_scheme_object("Authorization", "Bearer", "mgt_...")


class SchemaView(SpectacularAPIView):
    """The schema tells no data: anybody may read it."""

    permission_classes = (AllowAny,)


@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Every operation with a form, where signed-in people try it with their session."""
    origin = request.build_absolute_uri("/").rstrip("/")
    found = {
        name: [(operation, operation.curl(origin)) for operation in rows]
        for name, rows in collections().items()
    }
    return render(request, "api/page.html", {"collections": found})


class UnknownView(APIView):
    """Any other path below /api/."""

    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound("there is no such path in the management API: see /api/schema/")
