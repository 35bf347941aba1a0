"""What goes to a provider, and what its answer needs on the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from gateway.dialects.base import ApiDialect
from gateway.read_back.rounds import Reading
from gateway.requests.prompt import PromptRequest
from gateway.routing import Plan, ProviderRoute, Target
from token_optimizer.models import OptimizationStats


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes to the `plan`'s providers, to which `path` with its query, and what the answer needs.

    `unasked` stands by where usage is asked for on the client's behalf: the same without asking. Without
    `stats` a JSON answer is passed on byte for byte. `reading` reads what was left out, where
    the model can ask for it.
    """

    dialect: ApiDialect
    plan: Plan
    request: PromptRequest
    body: bytes
    path: str
    unasked: Outgoing | None = None
    stats: OptimizationStats | None = None
    reading: Reading | None = None

    @property
    def target(self) -> Target:
        """The provider that is asked first, or the only one that is."""
        return self.plan.first

    @property
    def provider(self) -> ProviderRoute:
        return self.plan.first.provider

    def to(self, target: Target) -> Self:
        """The same for one provider alone."""
        return replace(self, plan=replace(self.plan, targets=(target,)))
