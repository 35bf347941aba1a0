"""Gathers the paragraphs of a text under its headings."""

from __future__ import annotations

from dataclasses import dataclass, field

from optimizer_app.ingest.chunking import Section

_MAX_HEADING_CHARS = 200


@dataclass(slots=True)
class Headings:
    """Texts in order, headings among them; `sections` has them by the path of headings they stand under."""

    path: list[tuple[int, str]] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    done: list[Section] = field(default_factory=list)

    def add(self, level: int, text: str) -> None:
        """Add a paragraph, or with a level above 0 a heading of it."""
        if not text.strip():
            return
        if not level:
            # The first line of code keeps its indentation.
            self.held.append(text.strip("\n"))
            return
        text = text.strip()
        self._close()
        self.path = [item for item in self.path if item[0] < level]
        self.path.append((level, text))
        if len(text) > _MAX_HEADING_CHARS:
            # A path holds its beginning alone.
            self.held.append(text)

    def sections(self) -> list[Section]:
        """What was added."""
        self._close()
        return self.done

    def _close(self) -> None:
        """End the section. A heading with nothing below it is a text itself."""
        if not self.held and self.path and (not self.done or self.done[-1].title_path != self._title()):
            self.held = [self.path[-1][1]]
        if self.held:
            self.done.append(Section(self._title(), tuple(self.held)))
        self.held = []

    def _title(self) -> str:
        return " / ".join(text[:_MAX_HEADING_CHARS] for _, text in self.path)
