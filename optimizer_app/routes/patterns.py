"""Which models a route's pattern fits: a name, with `*` for anything."""

from __future__ import annotations

from fnmatch import fnmatchcase

from optimizer_app.limits.values import NoModelPattern, model_patterns
from optimizer_app.routes.errors import PatternRefused


def fits(pattern: str, model: str) -> bool:
    """Whether requests that name the model are meant."""
    return fnmatchcase(model, pattern)


def checked_pattern(text: str) -> str:
    """The pattern as it is stored; PatternRefused for what can be none."""
    try:
        found = model_patterns([text])
    except NoModelPattern as error:
        raise PatternRefused(str(error)) from error
    if not found:
        raise PatternRefused("a route needs a model's name; * stands for anything")
    return found[0]
