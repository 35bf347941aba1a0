"""The links to the pages, for the rail and for the list of keys: a new page is one line here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A page. `name` is that of its URL and of its view's context, `key` follows `g` on the keyboard.

    `for_staff`: it shows what belongs to the whole instance.
    """

    name: str
    label: str
    icon: str
    key: str
    for_staff: bool = False

    @property
    def url_name(self) -> str:
        return f"dashboard:{self.name}"


@dataclass(frozen=True, slots=True)
class Part:
    label: str
    links: tuple[Link, ...]


NAVIGATION = (
    Part(
        "Watch",
        (
            Link("overview", "Overview", "activity", "o"),
            Link("requests", "Requests", "list", "r"),
            Link("blocks", "Blocks", "ban", "b"),
            Link("events", "Events", "bell", "n"),
            Link("money", "Money", "circle-dollar-sign", "u"),
        ),
    ),
    Part(
        "Try",
        (
            Link("playground", "Playground", "flask-conical", "l"),
            Link("replays", "Replays", "rotate-ccw", "y"),
        ),
    ),
    Part(
        "Tune",
        (
            Link("configs", "Configs", "sliders-horizontal", "c"),
            Link("prompts", "Prompt templates", "braces", "m"),
            Link("documents", "Documents", "files", "d"),
            Link("precompression", "Precompression", "fast-forward", "e"),
        ),
    ),
    Part(
        "Manage",
        (
            Link("projects", "Projects and keys", "key-round", "k"),
            Link("providers", "Providers", "plug", "v"),
            Link("routes", "Routes", "split", "w"),
            Link("tokens", "API tokens", "link", "t"),
            Link("audit", "Audit log", "scroll-text", "a"),
            Link("prices", "Prices", "tag", "i", for_staff=True),
            Link("system", "System", "server", "s", for_staff=True),
        ),
    ),
)


def parts_for(*, is_staff: bool) -> list[Part]:
    """The parts with the links that a reader may follow."""
    if is_staff:
        return list(NAVIGATION)
    shown = [
        Part(part.label, tuple(link for link in part.links if not link.for_staff)) for part in NAVIGATION
    ]
    return [part for part in shown if part.links]
