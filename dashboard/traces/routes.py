"""The routes that a request can take through the optimizer, and their names on pages."""

from __future__ import annotations

ROUTES = {
    "heuristic_only": "Heuristics",
    "heuristic+semantic": "Heuristics, semantic",
    "heuristic+compression": "Heuristics, compression",
    "heuristic+semantic+compression": "Heuristics, semantic, compression",
    "cache": "Cache",
    "bypass": "Bypass",
}


def route_label(route: str) -> str:
    return ROUTES.get(route, route)


def short_route_label(route: str) -> str:
    """For narrow columns: what came on top of the heuristics, which every optimized request meets."""
    return route_label(route).removeprefix("Heuristics, ").capitalize()
