"""The list of documents: its rows with what may be done to each, and pages of it by cursor."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q, Sum

from dashboard.numbers.formats import exact
from optimizer_app.ingest.readers.reading import LeftOut
from optimizer_app.ingest.turns import embedded_a_second
from optimizer_app.models import Document
from optimizer_app.models.document import DocumentQuerySet

PAGE_SIZE = 50
State = Document.State
# What the list can be filtered by: (name in the URL, name on the page, states).
STATES: tuple[tuple[str, str, tuple[State, ...]], ...] = (
    ("queued", "Queued", (State.QUEUED,)),
    ("working", "In work", (State.READING, State.CHUNKING, State.EMBEDDING)),
    ("done", "Done", (State.DONE,)),
    ("failed", "Failed", (State.FAILED,)),
    ("cancelled", "Cancelled", (State.CANCELLED,)),
)
_STATE_TEXTS = {State.CHUNKING: "Read, cutting into chunks"}
_STEPS = {State.QUEUED: 0, State.READING: 1, State.CHUNKING: 2, State.EMBEDDING: 3, State.DONE: 4}
_KINDS = {
    "text/markdown": "Markdown",
    "text/html": "HTML",
    "text/csv": "CSV",
    "text/plain": "text",
    "text/x-source": "source code",
    "application/json": "JSON",
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One document. `has_file`: the file is still kept, so it can be read again."""

    document: Document
    has_file: bool

    @property
    def kind(self) -> str:
        """What kind of file it is, as far as is known."""
        return _KINDS.get(self.document.media_type, self.document.media_type)

    @property
    def steps_done(self) -> int:
        """Of queued, read, cut, embedded: how many lie behind it."""
        return _STEPS.get(State(self.document.state), 0)

    @property
    def is_in_work(self) -> bool:
        """Whether a worker is at it."""
        return self.steps_done > 0 and not self.document.is_finished and not self.waits

    @property
    def waits(self) -> bool:
        """Whether the work stands still, and the reason says why."""
        return self.document.state == State.EMBEDDING and bool(self.document.reason)

    @property
    def shows_id(self) -> bool:
        """Whether the id says more than the title."""
        return bool(self.document.title) and self.document.external_id != self.document.title

    @property
    def step(self) -> str:
        """How far it is."""
        if self.document.state == State.EMBEDDING:
            return f"Cut, embedded {exact(self.document.embedded)} of {exact(self.document.chunks)}"
        return _STATE_TEXTS.get(State(self.document.state), self.document.get_state_display())

    @property
    def detail(self) -> str:
        """Why it stands still, failed or is not as asked for; empty where there is nothing to say."""
        reason = self.document.reason
        if self.waits:
            return f"Waits: {reason}. Found by words meanwhile."
        sentence = f"{reason[:1].upper()}{reason[1:]}." if reason else ""
        if self.document.state != State.FAILED or not self.document.chunks:
            return sentence
        in_use = (
            "The version before it stays in use." if self.has_file else "Its chunks stay, found by words."
        )
        return f"{sentence} {in_use}".strip()

    @property
    def left_out(self) -> str:
        """What the reader did not store on purpose; empty where it stored all."""
        return ", ".join(str(LeftOut(**left_out)) for left_out in self.document.left_out)

    @property
    def progress(self) -> tuple[int, int]:
        """Value and maximum of the bar: chunks while they are embedded, steps before that."""
        if self.document.state == State.EMBEDDING:
            return self.document.embedded, self.document.chunks
        return self.steps_done, len(_STEPS) - 1

    @property
    def actions(self) -> list[tuple[str, str, str]]:
        """What may be done to it now: (name in the URL, in words, icon)."""
        state, found = self.document.state, []
        if state in Document.UNFINISHED and self.has_file:
            found.append(("cancel", "Cancel", "circle-stop"))
        if state in (State.FAILED, State.CANCELLED) and self.has_file:
            found.append(("retry", "Try again", "rotate-ccw"))
        if state == State.DONE or (state == State.FAILED and self.document.chunks and not self.has_file):
            found.append(("embed", "Embed again", "refresh-cw"))
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the list. `previous` and `following` are cursors to go on from, or empty at an end."""

    rows: list[DocumentRow]
    previous: str
    following: str


@dataclass(frozen=True, slots=True)
class Summary:
    """All documents in scope, whatever the filters say. `embedded_a_second` is None where nothing waits."""

    count: int
    tabs: tuple[tuple[str, str, int], ...]
    chunks: int
    tokens: int
    waiting: int
    embedded_a_second: float | None


def summary(documents: DocumentQuerySet) -> Summary:
    rows = (
        documents.order_by()
        .values("state")
        .annotate(count=Count("pk"), chunks=Sum("chunks"), embedded=Sum("embedded"), tokens=Sum("tokens"))
    )
    by_state = {row["state"]: row for row in rows}
    embedding = by_state.get(State.EMBEDDING, {"chunks": 0, "embedded": 0})
    counts = {state: row["count"] for state, row in by_state.items()}
    waiting = embedding["chunks"] - embedding["embedded"]
    return Summary(
        count=sum(counts.values()),
        tabs=tuple(
            (key, label, sum(counts.get(item, 0) for item in states)) for key, label, states in STATES
        ),
        chunks=sum(row["chunks"] for row in by_state.values()),
        tokens=sum(row["tokens"] for row in by_state.values()),
        waiting=waiting,
        embedded_a_second=embedded_a_second() if waiting else None,
    )


def page_of(documents: DocumentQuerySet, *, after: str, before: str) -> Page:
    """The newest documents, those that follow a cursor, or those that end before one."""
    back = _place(before)
    start = back or _place(after)
    found = documents.without_source().select_related("project")
    found = found.order_by("created_at", "id") if back else found.order_by("-created_at", "-id")
    if start is not None:
        found = found.filter(_beyond(*start, newer=back is not None))
    listed = list(found[: PAGE_SIZE + 1])
    more, listed = len(listed) > PAGE_SIZE, listed[:PAGE_SIZE]
    if back:
        listed.reverse()
    has_previous = more if back else start is not None
    has_following = start is not None if back else more
    return Page(
        document_rows(listed),
        previous=cursor_of(listed[0]) if listed and has_previous else "",
        following=cursor_of(listed[-1]) if listed and has_following else "",
    )


def document_rows(documents: Iterable[Document]) -> list[DocumentRow]:
    listed = list(documents)
    kept = Document.objects.filter(pk__in=[item.pk for item in listed], source__isnull=False)
    with_file = set(kept.values_list("pk", flat=True))
    return [DocumentRow(item, item.pk in with_file) for item in listed]


def cursor_of(document: Document) -> str:
    """The document's place in the list, which stays when it is deleted: microseconds and id."""
    return f"{(document.created_at - _EPOCH) // timedelta(microseconds=1)}.{document.pk.hex}"


def _place(cursor: str) -> tuple[datetime, uuid.UUID] | None:
    """The place that a cursor of the URL names; one that is none is as good as none."""
    moment, _, key = cursor.partition(".")
    try:
        return _EPOCH + timedelta(microseconds=int(moment)), uuid.UUID(key)
    except (ValueError, OverflowError):
        return None


def _beyond(moment: datetime, key: uuid.UUID, *, newer: bool) -> Q:
    if newer:
        return Q(created_at__gt=moment) | Q(created_at=moment, id__gt=key)
    return Q(created_at__lt=moment) | Q(created_at=moment, id__lt=key)
