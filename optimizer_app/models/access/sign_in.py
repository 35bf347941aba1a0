"""How people sign in: the second factor, accounts of theirs elsewhere, and their sessions."""

from __future__ import annotations

import secrets
from base64 import b32encode
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils import timezone
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from optimizer_app.models.keys.api_key import key_hash
from optimizer_app.security.encryption import decrypt, encrypt

_KEY_BYTES = 20
_CODES = 10
_ISSUER = "Token Optimizer"


class SecondFactorQuerySet(models.QuerySet["SecondFactor"]):
    def of(self, user: AbstractBaseUser) -> SecondFactor | None:
        """The one that the user has to use; None where it was never confirmed."""
        return self.filter(user=user.pk, confirmed=True).first()


class SecondFactor(ThrottlingMixin, Device):
    """An app that shows a new code every 30 seconds. A code is taken once; wrong ones cost growing pauses."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor"
    )
    encrypted_key = models.TextField(editable=False)
    last_step = models.BigIntegerField(default=-1, editable=False)

    objects = SecondFactorQuerySet.as_manager()

    class Meta:
        ordering = ["user"]

    @classmethod
    def begin(cls, user: User) -> SecondFactor:
        """A new one in the place of one that was never confirmed."""
        key = encrypt(secrets.token_hex(_KEY_BYTES))
        with transaction.atomic():
            cls.objects.filter(user=user, confirmed=False).delete()
            return cls.objects.create(user=user, name="app", confirmed=False, encrypted_key=key)

    @property
    def secret(self) -> str:
        """What the app needs to know, as people type it."""
        return b32encode(self._key).decode()

    @property
    def url(self) -> str:
        """The same for its camera."""
        account = quote(f"{_ISSUER}:{self.user.get_username()}")
        return f"otpauth://totp/{account}?secret={self.secret}&issuer={quote(_ISSUER)}"

    @property
    def _key(self) -> bytes:
        return bytes.fromhex(decrypt(self.encrypted_key))

    def get_throttle_factor(self) -> int:
        return 1

    def verify_token(self, token: str) -> bool:
        """Whether it is the code of now, or one of the recovery codes; each is taken once."""
        with transaction.atomic():
            factor = SecondFactor.objects.select_for_update().get(pk=self.pk)
            if not factor.verify_is_allowed()[0]:
                return False
            is_right = factor._takes_code(token) or factor._takes_recovery_code(token)
            if is_right:
                factor.throttle_reset(commit=False)
            else:
                factor.throttle_increment(commit=False)
            factor.save()
        return is_right

    def confirm(self, token: str) -> bool:
        """Use it from now on, where the code is right."""
        if not self.verify_token(token):
            return False
        SecondFactor.objects.filter(pk=self.pk).update(confirmed=True)
        return True

    def new_recovery_codes(self) -> list[str]:
        """Ten codes for the day on which the app is gone, in the place of those before."""
        codes = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(_CODES)]
        with transaction.atomic():
            self.recovery_codes.all().delete()
            RecoveryCode.objects.bulk_create(RecoveryCode(factor=self, hash=key_hash(code)) for code in codes)
        return codes

    def _takes_code(self, token: str) -> bool:
        if not (token.isascii() and token.isdigit() and len(token) == 6):
            return False
        totp = TOTP(self._key)
        totp.time = timezone.now().timestamp()
        if not totp.verify(int(token), tolerance=1, min_t=self.last_step + 1):
            return False
        self.last_step = totp.t()
        return True

    def _takes_recovery_code(self, token: str) -> bool:
        return bool(self.recovery_codes.filter(hash=key_hash(token.lower())).delete()[0])


class RecoveryCode(models.Model):
    """One that was not used yet. It holds 64 random bits, so a slow hash would add little."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"recovery code of {self.factor_id}"


class Identity(models.Model):
    """An account elsewhere by which somebody signs in: `subject` is what its provider calls it for ever."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        unique_together = [("issuer", "subject")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


class UserSessionQuerySet(models.QuerySet["UserSession"]):
    def live(self, user: AbstractBaseUser) -> UserSessionQuerySet:
        """The user's sessions that go on, the last used one first."""
        known = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
        return self.filter(user=user.pk, session_key__in=known).order_by("-last_seen_at")


class UserSession(models.Model):
    """A browser in which somebody is signed in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(default=timezone.now)
    address = models.CharField(max_length=60, blank=True)
    agent = models.CharField(max_length=200, blank=True)

    objects = UserSessionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"of {self.user}"
