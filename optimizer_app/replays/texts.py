"""What of a result is text: sealed, as all that requests say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import msgspec
from django.utils import timezone

from optimizer_app.models import ReplayResult
from optimizer_app.security.encryption import UndecryptableSecret, seal, unseal


@dataclass(frozen=True, slots=True)
class ResultTexts:
    """What the model answered, where the prompt was sent, and the directives that did not stand in it."""

    answer: str = field(default="", repr=False)
    lost_directives: tuple[str, ...] = field(default=(), repr=False)

    def sealed(self) -> str:
        """Encrypted; empty where there is no text."""
        return seal(msgspec.json.encode(self)) if self.answer or self.lost_directives else ""

    @classmethod
    def for_reader(cls, result: ReplayResult, *, may_read: bool) -> Self:
        """Those of a result for somebody who looks at them: a viewer sees none."""
        return cls.of(result) if may_read else cls()

    @classmethod
    def of(cls, result: ReplayResult) -> Self:
        """Those of a result as far as they may still be read."""
        if not result.sealed or (result.expires_at and result.expires_at <= timezone.now()):
            return cls()
        try:
            return msgspec.json.decode(unseal(result.sealed), type=cls)
        except UndecryptableSecret:
            return cls()


def drop_expired_texts() -> int:
    """Delete the texts of results whose prompts' days are over; returns of how many."""
    expired = ReplayResult.objects.filter(expires_at__lte=timezone.now()).exclude(sealed="")
    return expired.update(sealed="")
