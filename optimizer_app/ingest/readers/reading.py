"""What a reader returns: a title, sections, and what it left out on purpose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from optimizer_app.ingest.chunking import Section


class Kind(StrEnum):
    """Kinds of content that readers do not store, in words for people."""

    DELETED = "deleted passages"
    HIDDEN = "hidden passages"
    COMMENTS = "comments"
    CONTENTS = "lines of a table of contents"
    NAVIGATION = "navigation menus"
    OUTSIDE_MAIN = "words outside the main part"
    LINKS = "link addresses"
    FORMS = "form controls"
    IMAGES = "images without a description"
    CHARTS = "charts and diagrams"
    EMBEDDED = "embedded objects"
    ATTACHMENTS = "attached files"
    PLACEHOLDERS = "placeholders"
    PAGES = "pages without text"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many pieces of one kind were not stored."""

    kind: str
    count: int

    def __str__(self) -> str:
        return f"{self.kind} ({self.count:,})"


class Tally(Counter[Kind]):
    """Counts what a reader leaves out."""

    def left_out(self) -> tuple[LeftOut, ...]:
        """The kinds that occurred, in the order of `Kind`."""
        return tuple(LeftOut(kind.value, self[kind]) for kind in Kind if self[kind])


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of a file, before it is cut into chunks."""

    title: str
    sections: tuple[Section, ...]
    left_out: tuple[LeftOut, ...] = ()

    @classmethod
    def of(cls, title: str, sections: Iterable[Section], tally: Tally | None = None) -> Reading:
        return cls(title, tuple(sections), tally.left_out() if tally is not None else ())
