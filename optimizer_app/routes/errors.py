"""Why a change was refused.

* RoutesError
  - PatternTaken: the project has a route for this pattern
  - PatternRefused: it can be the name of no model
  - TargetsRefused: the providers of a route cannot be these
"""

from __future__ import annotations


class RoutesError(Exception):
    """The parent of them all."""


class PatternTaken(RoutesError):
    """The project has a route for this pattern."""


class PatternRefused(RoutesError):
    """It can be the name of no model; the message says why."""


class TargetsRefused(RoutesError):
    """The providers of a route cannot be these; the message says why."""
