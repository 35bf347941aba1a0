"""What one request said, where it is kept: its answer, and the texts of blocks that are opened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import Http404, HttpRequest

from dashboard.diffs.sides import side_by_side
from dashboard.traces.blocks import BlockRow, OpenedBlock
from optimizer_app.captures.reading import NotKept, capture_of, texts_for
from optimizer_app.captures.texts import CapturedTexts
from optimizer_app.models import RequestTrace
from optimizer_app.playground.answers import answer_text
from token_optimizer.models import BlockTexts

# Longer texts are for a file of one's own.
MAX_SHOWN_CHARS = 2_000_000
# What a page opens by itself, of all blocks together.
MAX_OPENED = 6
MAX_OPENED_CHARS = 40_000
_NO_TEXTS = BlockTexts("", "")


@dataclass(frozen=True, slots=True)
class RequestTexts:
    """The texts of a request. `missing` is a clause that says why there are none; `ids` are those of the
    blocks in the order of their rows."""

    ids: Sequence[str]
    until: datetime | None = None
    missing: str = ""
    texts: CapturedTexts | None = None
    answer: str = ""

    @property
    def shown_answer(self) -> str:
        return self.answer[:MAX_SHOWN_CHARS]

    @property
    def is_answer_cut(self) -> bool:
        return len(self.answer) > MAX_SHOWN_CHARS or (self.texts is not None and self.texts.answer_is_cut)

    def of(self, number: int) -> BlockTexts:
        """The texts of the block of a row."""
        blocks = self.texts.blocks if self.texts else {}
        return blocks.get(self.ids[number - 1], _NO_TEXTS)

    def opened(self, row: BlockRow) -> BlockRow:
        """The row with its texts side by side."""
        texts = self.of(row.number)
        if len(texts.before) + len(texts.after) > MAX_SHOWN_CHARS:
            return replace(row, opened=OpenedBlock((), len(texts.before), len(texts.after)))
        sides = side_by_side(*texts) if any(texts) else []
        return replace(row, opened=OpenedBlock(tuple(sides)))


def request_texts(trace: RequestTrace, reader: AbstractBaseUser | AnonymousUser) -> RequestTexts:
    """What is kept of a request that the reader may see."""
    ids = [block.get("id", "") for block in trace.blocks]
    try:
        capture = capture_of(trace)
        texts = texts_for(reader, capture)
    except NotKept as error:
        return RequestTexts(ids, missing=str(error))
    answer = answer_text(texts.answer, trace.dialect)  # type: ignore[arg-type]
    return RequestTexts(ids, capture.expires_at, "", texts, answer)


def with_opened(request: HttpRequest, found: RequestTexts, rows: Sequence[BlockRow]) -> list[BlockRow]:
    """The rows, those opened whose texts the URL asks for; else the newest question, and what was changed."""
    if found.texts is None:
        return list(rows)
    asked = request.GET.get("text")
    numbers = set(_default(found, rows) if asked is None else _numbers(asked))
    return [found.opened(row) if row.number in numbers else row for row in rows]


def part_of(found: RequestTexts, part: str) -> str:
    """One whole text by its name: `body`, `sent`, `answer`, or `before-5` and `after-5` of a block."""
    if found.texts is None:
        raise Http404(f"the texts are not there: {found.missing}")
    whole = {"body": found.texts.body, "sent": found.texts.sent_body, "answer": found.texts.answer}
    if part in whole:
        return whole[part]
    side, _, number = part.partition("-")
    if side not in BlockTexts._fields or not number.isdigit() or not 1 <= int(number) <= len(found.ids):
        raise Http404(f"a request has no text {part!r}")
    return str(getattr(found.of(int(number)), side))


def _numbers(asked: str) -> Iterable[int]:
    return (int(number) for number in asked.split(",") if number.isdigit())


def _default(found: RequestTexts, rows: Sequence[BlockRow]) -> Iterator[int]:
    """The newest question and what was changed, as far as it is not too much for a page."""
    asking = [row.number for row in rows if row.type == "user" and row.kind == "prose" and row.after]
    changed = [row.number for row in rows if row.fate == "rewritten"]
    chars = 0
    for number in [*asking[-1:], *changed][:MAX_OPENED]:
        chars += sum(map(len, found.of(number)))
        if chars > MAX_OPENED_CHARS:
            return
        yield number
