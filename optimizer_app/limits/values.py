"""Bounds as a value: read from the row of a key or a project, and set on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from decimal import Decimal
from fnmatch import fnmatchcase

from optimizer_app.limits.path_lines import may_send
from optimizer_app.models.projects.limits import BudgetPeriod, Limited

# Of a limit: from here on people are told.
NEARLY_SPENT = Decimal("0.8")
MAX_MODELS = 50
MAX_MODEL_CHARS = 200


class NoModelPattern(ValueError):
    """A line that can be the name of no model; the message quotes it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one key, or all of a project together, may use; see `models.limits.Limited`."""

    max_requests_per_minute: int | None = None
    max_tokens_per_minute: int | None = None
    max_concurrent_requests: int | None = None
    budget_usd: Decimal | None = None
    budget_period: str = BudgetPeriod.MONTH.value
    allowed_models: Sequence[str] = ()
    allowed_endpoints: Sequence[str] = ()

    @property
    def counted(self) -> tuple[int | None, int | None, int | None]:
        """The bounds that are counted in Valkey: requests and tokens a minute, requests at a time."""
        return self.max_requests_per_minute, self.max_tokens_per_minute, self.max_concurrent_requests

    @property
    def any_set(self) -> bool:
        is_held = bool(self.allowed_models or self.allowed_endpoints)
        return self.is_counted or self.budget_usd is not None or is_held

    @property
    def is_counted(self) -> bool:
        return any(bound is not None for bound in self.counted)

    def allow(self, model: str) -> bool:
        """Whether requests may name this model."""
        return not self.allowed_models or any(fnmatchcase(model, name) for name in self.allowed_models)

    def allow_endpoint(self, method: str, path: str) -> bool:
        """Whether requests may go to this path."""
        return not self.allowed_endpoints or may_send(self.allowed_endpoints, method, path)


LIST_FIELDS = frozenset({"allowed_models", "allowed_endpoints"})
LIMIT_FIELDS = tuple(field.name for field in fields(Limits))
NO_LIMITS = Limits()


def limits_of(row: Limited) -> Limits:
    return Limits(**{name: getattr(row, name) for name in LIMIT_FIELDS})


def set_limits(row: Limited, limits: Limits) -> None:
    """Put them on the row, which its caller saves."""
    for name, value in zip(LIMIT_FIELDS, astuple(limits), strict=True):
        setattr(row, name, list(value) if name in LIST_FIELDS else value)


def model_patterns(lines: Iterable[str]) -> list[str]:
    """The names as they are stored: each once, without blank lines. NoModelPattern for what can be none."""
    found = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    for name in found:
        if len(name) > MAX_MODEL_CHARS or any(char.isspace() or char in "[]?" for char in name):
            raise NoModelPattern(f"{name[:60]!r} is no model's name; * stands for anything")
    if len(found) > MAX_MODELS:
        raise NoModelPattern(f"{len(found)} models are too many, {MAX_MODELS} at most")
    return found
