"""The prompt strip: a prompt drawn in its own order, by what happened to each part.

x is the prompt's order, width is tokens before, inked height the share that was sent: the ink area is what
is paid for. Geometry is in percent, without a viewBox, so that the strip stretches and labels do not.
Neighbours of one fate that are narrower than a quarter percent each are drawn as one. Where that leaves more
stretches than can be told apart, the strip is cut into slices of half a percent, and each slice draws its
blocks by fate: the ink area stays what is paid for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby

from dashboard.numbers.formats import exact
from dashboard.traces.blocks import BlockRow, BlockRows, group_label

HEIGHT = 64
TICK_HEIGHT = 10
TICK_WIDTH = 3
NARROW_SHARE = 0.0025
MAX_RUNS = 400
SLICE_SHARE = 0.005
SMALL_WIDTH = 96
SMALL_HEIGHT = 14
SMALL_NARROW_SHARE = 0.02
LABEL_SHARE_A_LETTER = 0.0085
LABEL_SHARE_A_LETTER_ON_A_PHONE = 0.024


@dataclass(frozen=True, slots=True)
class Run(BlockRows):
    """One drawn stretch: a block, or neighbours too narrow to tell apart. Positions are percent."""

    x: float
    width: float

    @property
    def fate(self) -> str:
        return self.rows[0].fate

    @property
    def number(self) -> int:
        return self.rows[0].number

    @property
    def group(self) -> str:
        return self.rows[0].group

    @property
    def y(self) -> int:
        """The top in pixels: what was added is a tick above the others."""
        return 0 if self.fate == "added" else TICK_HEIGHT + 2

    @property
    def height(self) -> int:
        return TICK_HEIGHT if self.fate == "added" else HEIGHT

    @property
    def drawn_width(self) -> str:
        """As an attribute: percent, or pixels for the tick, which has no width of its own."""
        return str(TICK_WIDTH) if self.fate == "added" else f"{self.width}%"

    @property
    def ink(self) -> float:
        """The inked height, percent."""
        return round(min(self.after / self.before, 1) * 100, 2) if self.before else 0

    @property
    def ink_height(self) -> float:
        """The inked height in pixels."""
        return round(self.height * self.ink / 100, 2)

    @property
    def ink_y(self) -> float:
        """The top of the ink in pixels: it stands on the ground of the strip."""
        return round(self.y + self.height - self.ink_height, 2)

    @property
    def label(self) -> str:
        """The text for the pointer: which blocks, their fate, the tokens before and sent."""
        first, last = self.rows[0], self.rows[-1]
        tokens = f"{exact(self.before)} → {exact(self.after)}"
        if last.number - first.number >= len(self.rows):
            return f"{len(self.rows)} of #{first.number}–{last.number}, {first.fate_label}, {tokens}"
        if len(self.rows) > 1:
            return f"#{first.number}–{last.number} {first.fate_label}, {len(self.rows)} blocks, {tokens}"
        return f"#{first.number} {first.fate_label} {first.what}, {first.why or first.stage}, {tokens}"


@dataclass(frozen=True, slots=True)
class Lane:
    """A part of the prompt under the strip, with its label where there is room for one."""

    x: float
    width: float
    label: str
    fits_a_phone: bool = True

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 3)


@dataclass(frozen=True, slots=True)
class Strip:
    runs: tuple[Run, ...]
    lanes: tuple[Lane, ...]
    frozen: tuple[Lane, ...]
    before: int
    after: int

    @property
    def is_fine(self) -> bool:
        """Whether its stretches are too narrow for lines between them."""
        return len(self.runs) > MAX_RUNS // 2

    @property
    def cut(self) -> int:
        return max(self.before - self.after, 0)

    @property
    def sent_percent(self) -> float:
        """How far the total bar is inked."""
        return round(min(self.after / self.before, 1) * 100, 3) if self.before else 100


@dataclass(frozen=True, slots=True)
class SmallStrip:
    """A strip of a fixed size for a table's row: one path for each fate, in pixels."""

    kept: str
    rewritten: str
    dropped: str


def prompt_strip(rows: list[BlockRow]) -> Strip:
    """The strip of a whole trace."""
    total = sum(row.before for row in rows)
    last_turn = max((int(row.group[5:]) for row in rows if row.group.startswith("turn-")), default=0)
    runs = tuple(_runs(rows, total, NARROW_SHARE))
    return Strip(
        runs=runs if len(runs) <= MAX_RUNS else tuple(_slices(rows, total)),
        lanes=tuple(_lanes(rows, total, last_turn)),
        frozen=tuple(_frozen(rows, total)),
        before=total,
        after=sum(row.after for row in rows),
    )


def small_strip(rows: list[BlockRow]) -> SmallStrip:
    """The same picture for a row of a list, in at most some fifty stretches."""
    paths: dict[str, list[str]] = {"kept": [], "rewritten": [], "dropped": []}
    for run in _runs(rows, sum(row.before for row in rows), SMALL_NARROW_SHARE):
        x, width = run.x * SMALL_WIDTH / 100, run.width * SMALL_WIDTH / 100
        ink = run.ink * SMALL_HEIGHT / 100
        if run.fate in ("kept", "rewritten") and ink:
            paths[run.fate].append(_box(x, SMALL_HEIGHT - ink, width, ink))
        elif run.fate == "dropped":
            paths["dropped"].append(_box(x, 0, width, SMALL_HEIGHT))
    return SmallStrip(**{fate: "".join(boxes) for fate, boxes in paths.items()})


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:.2f} {y:.2f}h{width:.2f}v{height:.2f}h-{width:.2f}z"


def _runs(rows: Iterable[BlockRow], total: int, narrow: float) -> Iterator[Run]:
    limit = total * narrow
    alike = groupby(rows, key=lambda row: (row.fate, 0 < row.before < limit))
    parts = ([list(same)] if is_narrow else [[row] for row in same] for (_, is_narrow), same in alike)
    return _side_by_side(chain.from_iterable(parts), 0, total)


def _slices(rows: Iterable[BlockRow], total: int) -> Iterator[Run]:
    """Slice by slice one stretch for each fate, in the order in which the fates first come."""
    start = width = 0
    fates: dict[str, list[BlockRow]] = {}
    for row in rows:
        fates.setdefault(row.fate, []).append(row)
        width += row.before
        if width >= total * SLICE_SHARE:
            yield from _side_by_side(fates.values(), start, total)
            start, width, fates = start + width, 0, {}
    yield from _side_by_side(fates.values(), start, total)


def _side_by_side(parts: Iterable[list[BlockRow]], start: int, total: int) -> Iterator[Run]:
    for part in parts:
        width = sum(row.before for row in part)
        if width or part[0].fate == "added":
            yield Run(tuple(part), x=_percent(start, total), width=_percent(width, total))
        start += width


def _lanes(rows: Iterable[BlockRow], total: int, last_turn: int) -> Iterable[Lane]:
    start = 0
    for key, same in groupby(rows, key=lambda row: row.group):
        width = sum(row.before for row in same)
        if width:
            label = _short_label(key, last_turn)
            share_a_letter = width / total / (len(label) + 1)
            yield Lane(
                x=_percent(start, total),
                width=_percent(width, total),
                label=label if share_a_letter > LABEL_SHARE_A_LETTER else "",
                fits_a_phone=share_a_letter > LABEL_SHARE_A_LETTER_ON_A_PHONE,
            )
        start += width


def _short_label(key: str, last_turn: int) -> str:
    """Turns are numbers, as there may be many."""
    return key[5:] if key.startswith("turn-") else group_label(key, last_turn)


def _frozen(rows: Iterable[BlockRow], total: int) -> Iterable[Lane]:
    start = 0
    for frozen, same in groupby(rows, key=lambda row: row.frozen):
        width = sum(row.before for row in same)
        if frozen and width:
            yield Lane(_percent(start, total), _percent(width, total), "")
        start += width


def _percent(part: int, total: int) -> float:
    return round(part / total * 100, 3) if total else 0
