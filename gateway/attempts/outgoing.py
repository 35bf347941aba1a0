"""What goes to a provider, and what its answer needs on the way back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from gateway.callers.routing import Plan, ProviderRoute, Target
from gateway.dialects.base import ApiDialect
from gateway.read_back.rounds import Reading
from gateway.requests.additions import ASK_FOR_USAGE, Addition, body_with
from gateway.requests.prompt import PromptRequest
from gateway.upstream.connections import Answer
from optimizer_app.optimize.service import Optimized
from token_optimizer.models import OptimizationStats


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes to the `plan`'s providers, to which `path` with its query, and what the answer needs.

    `additions` stand in the body beside what the optimizer made of it, its `result`. Without `stats` a JSON
    answer is passed on byte for byte. `reading` reads what was left out, where the model can ask for it.
    `copied` makes a copy of the answer as it is passed on.
    """

    dialect: ApiDialect
    plan: Plan
    request: PromptRequest
    body: bytes
    path: str
    additions: Sequence[Addition] = ()
    result: Optimized | None = None
    stats: OptimizationStats | None = None
    reading: Reading | None = None
    copied: Callable[[Answer], Answer] | None = None

    @property
    def target(self) -> Target:
        """The provider that is asked first, or the only one that is."""
        return self.plan.first

    @property
    def provider(self) -> ProviderRoute:
        return self.plan.first.provider

    @property
    def asks_for_usage(self) -> bool:
        """Whether usage is asked for on the client's behalf."""
        return any(addition.name == ASK_FOR_USAGE for addition in self.additions)

    @property
    def breakpoints(self) -> list[Mapping[str, str]]:
        """Those that were added for the provider's cache."""
        return [mark for addition in self.additions for mark in addition.breakpoints]

    def without(self, names: Collection[str]) -> Self:
        """The same without the additions of these names."""
        assert self.result is not None
        additions = [addition for addition in self.additions if addition.name not in names]
        return replace(self, additions=additions, body=body_with(additions, self.request, self.result))

    def to(self, target: Target) -> Self:
        """The same for one provider alone."""
        if len(self.plan.targets) == 1 and self.plan.first is target:
            return self
        return replace(self, plan=replace(self.plan, targets=(target,)))
