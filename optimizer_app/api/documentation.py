"""The OpenAPI schema, and the page to try it on. Swagger UI comes from the package, not from another host."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema shows the API's tokens."""

    target_class = "optimizer_app.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return build_bearer_security_scheme_object("Authorization", "Bearer", "mgt_...")


class SchemaView(SpectacularAPIView):
    """The schema tells no data: anybody may read it."""

    permission_classes = (AllowAny,)


class PageView(SpectacularSwaggerSplitView):
    """Where signed-in people try the API with their session."""

    permission_classes = (IsAuthenticated,)


class UnknownView(APIView):
    """Any other path below /api/."""

    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound("there is no such path in the management API: see /api/schema/")
