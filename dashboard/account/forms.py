"""The form to sign in with."""

from __future__ import annotations

from typing import Any

import structlog
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from dashboard.account.slots import TooMany, login_slot
from dashboard.account.throttle import forget, seconds_to_wait

log = structlog.get_logger(__name__)


class LoginForm(AuthenticationForm):
    """Refuses a password that is tried too soon, and logs those that are wrong."""

    is_too_soon = False

    def clean(self) -> dict[str, Any]:
        account = self.cleaned_data.get("username") or ""
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        if seconds := seconds_to_wait(account, address):
            self.is_too_soon = True
            log.warning("login_refused", address=address, seconds=seconds)
            raise ValidationError(f"Too many tries. Try again in {seconds} s.")
        try:
            with login_slot():
                cleaned = super().clean()
        except TooMany:
            self.is_too_soon = True
            raise ValidationError("Too many people sign in right now. Try again in a moment.") from None
        except ValidationError:
            log.warning("login_failed", account=account[:150], address=address)
            raise
        forget(account, address)
        return cleaned
