"""The table of a request's blocks: filtered, in groups, and of a large group a stretch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.http import HttpRequest

from dashboard.shell.select import Select, options_of
from dashboard.traces.blocks import BlockRow, Fold, Group, groups

BLOCK_FILTERS = ("fate", "type", "stage")
# Each line costs the browser a dozen elements.
MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class Stretch:
    """The lines of an open group that are shown. `earlier` and `later` are the blocks at which the stretches
    before and after it begin, None at an end."""

    lines: Sequence[BlockRow | Fold]
    earlier: int | None = None
    later: int | None = None


@dataclass(frozen=True, slots=True)
class ShownGroup:
    group: Group
    stretch: Stretch


def block_selects(request: HttpRequest, rows: Sequence[BlockRow]) -> list[Select]:
    """One drop-down for each filter of blocks that has something to choose."""
    values = {name: sorted({getattr(row, name) for row in rows} - {""}) for name in BLOCK_FILTERS}
    return [
        Select(name, name.capitalize(), f"Any {name}", options_of(found), request.GET.get(name, ""))
        for name, found in values.items()
        if found
    ]


def filtered(request: HttpRequest, rows: Iterable[BlockRow]) -> list[BlockRow]:
    chosen = {name: request.GET[name] for name in BLOCK_FILTERS if request.GET.get(name)}
    return [row for row in rows if all(getattr(row, name) == value for name, value in chosen.items())]


def shown_groups(request: HttpRequest, rows: Iterable[BlockRow]) -> list[ShownGroup]:
    """The groups as the URL asks for them: which are open, of which the folds are, and at which block."""
    found = filtered(request, rows)
    opened = frozenset(filter(None, request.GET.get("open", "").split(",")))
    if "text" in request.GET:
        opened |= {row.group for row in found if row.opened}
    return [_shown(request, group) for group in groups(found, opened)]


def shown_group(request: HttpRequest, rows: Iterable[BlockRow]) -> list[ShownGroup]:
    """The one group that is asked for, open or closed."""
    is_open = request.GET.get("open") == "1"
    return [
        _shown(request, replace(group, open=is_open))
        for group in groups(filtered(request, rows))
        if group.key == request.GET.get("group")
    ]


def _shown(request: HttpRequest, group: Group) -> ShownGroup:
    if not group.open:
        return ShownGroup(group, Stretch(()))
    is_unfolded = group.key in request.GET.get("all", "").split(",")
    lines = group.rows if is_unfolded else group.lines
    asked = request.GET.get("at") or request.GET.get("text", "").partition(",")[0]
    return ShownGroup(group, _stretch(lines, int(asked) if asked.isdecimal() else 0))


def _stretch(lines: Sequence[BlockRow | Fold], at: int) -> Stretch:
    """The lines around a block, as many as a page takes."""
    numbers = [line.first.number if isinstance(line, Fold) else line.number for line in lines]
    place = max((index for index, number in enumerate(numbers) if number <= at), default=0)
    start = place // MAX_LINES * MAX_LINES
    end = start + MAX_LINES
    return Stretch(
        lines[start:end],
        earlier=numbers[start - MAX_LINES] if start else None,
        later=numbers[end] if end < len(numbers) else None,
    )
