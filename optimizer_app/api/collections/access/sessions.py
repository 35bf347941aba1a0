"""One's own sessions, and how one signs in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.access.sessions import end_other_sessions, end_session
from optimizer_app.api.access import IsOneself, person_of
from optimizer_app.api.view import Collection
from optimizer_app.models import Identity, Role, SecondFactor, UserSession


class SessionSerializer(serializers.ModelSerializer[UserSession]):
    is_this = serializers.SerializerMethodField(help_text="Whether the request itself belongs to it.")

    class Meta:
        model = UserSession
        fields: ClassVar = ["id", "address", "agent", "created_at", "last_seen_at", "is_this"]

    def get_is_this(self, session: UserSession) -> bool:
        return session.session_key == _session_key(self.context["request"])


class SignInSerializer(serializers.Serializer[Any]):
    user = serializers.CharField()
    has_password = serializers.BooleanField()
    two_factor = serializers.BooleanField(help_text="Whether a code is asked for after the password.")
    recovery_codes = serializers.IntegerField(help_text="How many are left.")
    single_sign_on = serializers.ListField(
        child=serializers.CharField(), help_text="The providers by which one may sign in, too."
    )


class SessionsView(Collection):
    """Browsers in which one is signed in. Tokens that are bound to projects see none."""

    queryset = UserSession.objects.none()
    serializer_class = SessionSerializer
    ordering = ("-last_seen_at", "id")
    lookup_value_regex = "[0-9]{1,18}"
    permission_classes = (*Collection.permission_classes, IsOneself)
    roles: ClassVar = {"destroy": Role.VIEWER, "end_others": Role.VIEWER}

    def get_queryset(self) -> QuerySet[UserSession]:
        return UserSession.objects.live(person_of(self.request))

    def destroy(self, request: Request, pk: str) -> Response:
        """End the session: its browser is signed out, and its live pages stop."""
        end_session(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None})
    @action(detail=False, methods=["post"], url_path="end-others", pagination_class=None)
    def end_others(self, request: Request) -> Response:
        """End all sessions but the one that the request belongs to; by a token, all."""
        end_other_sessions(person_of(request), _session_key(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=SignInSerializer)
    @action(detail=False, url_path="sign-in", pagination_class=None)
    def sign_in(self, request: Request) -> Response:
        """How one signs in. What of it can be changed is changed on the page of one's account."""
        user = person_of(request)
        factor = SecondFactor.objects.of(user)
        issuers = Identity.objects.filter(user=user).order_by("issuer")
        found = {
            "user": user.get_username(),
            "has_password": user.has_usable_password(),
            "two_factor": factor is not None,
            "recovery_codes": factor.recovery_codes.count() if factor else 0,
            "single_sign_on": list(issuers.values_list("issuer", flat=True)),
        }
        return Response(SignInSerializer(found).data)


def _session_key(request: Request) -> str | None:
    """The session that the request belongs to; None for a token's."""
    return None if request.auth is not None else request.session.session_key
