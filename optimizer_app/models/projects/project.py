"""Projects: the walls between users' keys, configs, providers and traces."""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from optimizer_app.models.projects.limits import Limited
from optimizer_app.models.projects.roles import Role, needed_role

MAX_DRAIN_SECONDS = 60
MAX_DRAIN_TOKENS = 100_000
DEFAULT_DRAIN_TOKENS = 1_000


def new_hash_secret() -> str:
    """256 random bits, under which a project's prompts are fingerprinted."""
    return secrets.token_hex(32)


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> ProjectQuerySet:
        """Projects that the user may see: all for a superuser, else those they are a member of.

        Within a request that needs a role, only those where the user has it.
        """
        return self.open_to(user, needed_role(user))

    def open_to(self, user: AbstractBaseUser | AnonymousUser, role: Role) -> ProjectQuerySet:
        """Those where the user has the role, or more: all for a superuser."""
        if not user.is_authenticated:
            return self.none()
        if getattr(user, "is_superuser", False):
            return self
        return self.filter(memberships__user=user.pk, memberships__role__in=role.and_above)

    def with_role_of(self, user: AbstractBaseUser | AnonymousUser) -> ProjectQuerySet:
        """Each with the user's `role` in it."""
        if getattr(user, "is_superuser", False):
            return self.annotate(role=models.Value(Role.OWNER.value))
        own = models.FilteredRelation("memberships", condition=models.Q(memberships__user=user.pk))
        return self.annotate(own=own).annotate(role=models.F("own__role"))


class Project(Limited):
    """Every stored row belongs to one project; no query crosses from one to another.

    Its bounds are those of all its keys together.

    `analytics_url` is where its events go, beside the instance's ANALYTICS_URL.
    Where a client leaves a stream, it is read on for `drain_seconds` and `drain_tokens` at most, until the
    provider says what it bills; 0 seconds: it is closed at once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="projects", through="optimizer_app.Membership"
    )
    analytics_url = models.URLField(max_length=500, blank=True)
    drain_seconds = models.PositiveSmallIntegerField(
        db_default=0, default=0, validators=[MaxValueValidator(MAX_DRAIN_SECONDS)]
    )
    drain_tokens = models.PositiveIntegerField(
        db_default=DEFAULT_DRAIN_TOKENS,
        default=DEFAULT_DRAIN_TOKENS,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_DRAIN_TOKENS)],
    )
    hash_secret = models.CharField(max_length=64, default=new_hash_secret, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
