"""A model's window and cache rules with where each comes from: set here, known of it, or documented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from optimizer_app.models import ModelRules
from optimizer_app.models.providers.model_rules import CacheBreakpoints
from optimizer_app.prices.entries import entry_of
from optimizer_app.prices.file import price_source
from optimizer_app.prices.rules import RuleValues, cache_rules_of, values_of

SET_HERE = "set here"
DOCUMENTED = "the provider's documentation"


@dataclass(frozen=True, slots=True)
class ShownRule:
    """One value that holds; None where nobody knows it. `name` is that of its field, `source` empty then."""

    name: str
    value: int | str | None
    source: str

    @property
    def is_set_here(self) -> bool:
        return self.source == SET_HERE

    @property
    def label(self) -> str:
        return _LABELS[self.name][0]

    @property
    def text(self) -> str:
        """The value with its unit."""
        if self.value is None:
            return "–"
        if isinstance(self.value, str):
            return CacheBreakpoints(self.value).label
        return f"{self.value:,} {_LABELS[self.name][1]}"


_LABELS = {
    "context_window_tokens": ("Context window", "tokens"),
    "cache_min_tokens": ("Shortest cached prefix", "tokens"),
    "cache_step_tokens": ("Cached in steps of", "tokens"),
    "cache_lifetime_seconds": ("Kept after its last use", "seconds"),
    "cache_breakpoints": ("What is cached", ""),
}


def shown_rules(model: str, dialect: str, row: ModelRules | None) -> Sequence[ShownRule]:
    """All rules of the model as they hold now."""
    entry = entry_of(model, dialect, None)
    cached = cache_rules_of(model, None)
    known = RuleValues(
        entry[1].context_window if entry else None,
        cached.min_tokens,
        cached.step_tokens,
        cached.lifetime_seconds,
        cached.implicit,
    )
    own = asdict(values_of(row))
    return [_shown(name, own[name], value) for name, value in asdict(known).items()]


def _shown(name: str, own: int | str | None, known: int | str | None) -> ShownRule:
    if own is not None and own != "":
        return ShownRule(name, own, SET_HERE)
    listed = price_source() if name == "context_window_tokens" else DOCUMENTED
    return ShownRule(name, known, "" if known is None else listed)
