"""Finds what a prompt says more than once: whole copies, texts that another one contains, and near copies.

A copy becomes a reference that names the message in which its lines stand, how many they are, and how the
first and the last of them begin: what else in that message begins and ends so is the same text, or there is
no reference. Lines that a tool numbered anew are the same lines, and the reference names their numbers here.
The newest copy stays, except where an older one is closed (sent before, or never rewritten):
then the newer refers to it. Nothing is lost, since what is referred to stands in the prompt line for line.
JSON, calls and examples are never referred to in part.

Before: "def parse(text): …" read by a tool, and read again after another part of the file was changed
After:  "[40 lines left out here: they stand in message 9 (tool), from “def parse(text):” to “return rows”]"
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from token_optimizer.models import NO_PREFIX, OUTSIDE, Aggregate, Block, FrozenPrefix, Kind
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import json_copy_marker, lines_copy_marker, place_name
from token_optimizer.optimizer.prose.directives import directive_spans_in
from token_optimizer.optimizer.prose.shared_lines import (
    Run,
    chosen_lines,
    chosen_lines_of,
    common_runs,
    comparable_lines,
)
from token_optimizer.text.cache import Key, key_of, remembered
from token_optimizer.text.line_numbers import line_numbers, unnumbered_lines, without_gaps
from token_optimizer.text.lines import comparable, line_starts, lines_of

# Below this, a reference is about as long as what it replaces.
MIN_REFERENCE_CHARS = 200
MIN_RUN_CHARS = 250
# Texts that share fewer chosen lines are not compared, nor those that could hold a text only in part.
_MIN_SHARED = 2
_MIN_SHARE = 0.5
# Texts that one text is compared with.
_MAX_SOURCES = 4
# How much of a line is quoted; the more where less would fit other lines, too.
_QUOTED_CHARS = (48, 160)
# Lines that begin alike; of more it is not looked further.
_MAX_ALIKE = 50
_NEVER = frozenset({Kind.CALL, Kind.SCHEMA, Kind.TOOL_TEXT, Kind.FRAMING, Kind.OPAQUE})
_WHOLE_ONLY = frozenset({Kind.JSON, Kind.EXAMPLES, Kind.TRANSCRIPT})

# How many blocks were looked at, and each to which others may refer, by its place, with its chosen lines.
_Sources = tuple[int, tuple[tuple[int, frozenset[int]], ...]]


@dataclass(frozen=True, slots=True)
class Copy:
    """A block's text with references in it, and what it repeats, in the words of the trace."""

    text: MarkedText
    note: str


def references_to_copies(
    blocks: Sequence[Block],
    window: int,
    roles: Sequence[str],
    as_read: Mapping[str, str] | None = None,
    prefix: FrozenPrefix = NO_PREFIX,
    keywords: Sequence[str] = (),
) -> dict[str, Copy]:
    """What to write instead of each block that repeats another one at most `window` blocks away, by id.

    A block that gives directives refers to none that does not: there they might be cut. `keywords` are those
    of the config, beside our own.
    `roles` has by slot the role of the message, `as_read` by id the JSON that an earlier turn sent in another
    form: the same JSON refers to it. The blocks begin with the `prefix`.
    """
    known, as_read = len(prefix.sent), as_read or {}
    may_refer = [
        at for at, block in enumerate(blocks[known:], known) if not block.verbatim and _may_be_source(block)
    ]
    if not may_refer:
        return {}
    standing = _Standing(blocks, window, roles, as_read)
    first = max(0, may_refer[0] - window)
    _, sources = _with_sources(prefix.value(_SOURCES), (), blocks[known:])
    # Of a long conversation nearly all is closed, and shares nothing with what is new.
    texts = [blocks[at].content for at in may_refer]
    chosen = dict(zip(may_refer, chosen_lines_of(texts), strict=True))
    asked = frozenset().union(*chosen.values())
    for at, lines in sources:
        block = blocks[at]
        is_as_sent = block.id not in as_read
        shared = lines if is_as_sent else chosen_lines(as_read[block.id])
        if at >= first and not asked.isdisjoint(shared):
            standing.add(at, MarkedText.of(block) if is_as_sent else MarkedText(as_read[block.id]), shared)
    if not standing.texts and _share_nothing(texts, chosen.values(), asked):
        return {}
    copies: dict[str, Copy] = {}
    gives = {at: bool(directive_spans_in(blocks[at], blocks[at].content, keywords)) for at in may_refer}
    for at in sorted(may_refer, key=lambda at: (gives[at], at), reverse=True):
        copy = _copy_of(at, chosen[at], standing)
        if copy is None:
            standing.add(at, MarkedText.of(blocks[at]), chosen[at])
        else:
            copies[blocks[at].id] = copy
            standing.add(at, copy.text, chosen_lines(copy.text.text))
    return copies


def _share_nothing(
    texts: Sequence[str], chosen: Collection[frozenset[int]], all_chosen: frozenset[int]
) -> bool:
    """Whether all texts differ, and no chosen line of one is one of another's."""
    if len(all_chosen) < sum(map(len, chosen)):
        return False
    return len(set(map(_key_of_comparable, texts))) == len(texts)


@remembered(20_000)
def _key_of_comparable(text: str) -> Key:
    """The same for texts that are the same where they are compared."""
    return key_of(comparable(without_gaps(text)), "comparable")


def _with_sources(known: _Sources, _: Sequence[Block], sent: Sequence[Block]) -> _Sources:
    """What is known, and the closed ones among further blocks to which others may refer."""
    count, sources = known
    places = [at for at, block in enumerate(sent) if block.verbatim and _may_be_source(block)]
    chosen = chosen_lines_of([sent[at].content for at in places])
    return count + len(sent), (*sources, *zip((count + at for at in places), chosen, strict=True))


_SOURCES: Aggregate[_Sources] = Aggregate("sources of copies", (0, ()), _with_sources)


@dataclass(slots=True)
class _Standing:
    """The texts that stay as they are, so that others may refer to them. `holder` has for each chosen line
    the text that was added last, which is the nearest one, and `whole` the same for each whole text."""

    blocks: Sequence[Block]
    window: int
    roles: Sequence[str]
    as_read: Mapping[str, str]
    texts: dict[int, MarkedText] = field(default_factory=dict)
    holder: dict[int, int] = field(default_factory=dict)
    whole: dict[Key, int] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=dict)
    beginnings: dict[tuple[int, int], dict[str, list[tuple[list[str], int]]]] = field(default_factory=dict)

    def add(self, at: int, text: MarkedText, chosen: frozenset[int]) -> None:
        self.texts[at] = text
        self.whole[_key_of_comparable(text.text)] = at
        self.holder.update(dict.fromkeys(chosen, at))

    def lines(self, source: int) -> list[str]:
        """The lines of a text that stands."""
        return comparable_lines(self.texts[source], "\0there")

    def unnumbered(self, source: int) -> list[str]:
        """The same without the numbers that a tool gave them."""
        return unnumbered_lines(self.lines(source))

    def place(self, source: int, at: int) -> str:
        """Where the source stands, as seen from the text `at` this place."""
        block, here = self.blocks[source], self.blocks[at]
        if block.message == here.message:
            where = "further below" if source > at else "above"
            return where if block.message == OUTSIDE else f"{where} in this message"
        role = self.roles[block.slot] if block.slot is not None else block.type.value
        return f"in {place_name(block.message, role)}"

    def fits_another(self, source: int, wanted: Sequence[str], chars: int) -> bool:
        """Whether other lines of the source's message are as many as those that are wanted, and begin and end
        with so many of the same characters."""
        first, last = wanted[0].strip()[:chars], wanted[-1].strip()[:chars]
        alike = self._lines_by_beginning(self.blocks[source].message, chars).get(first, [])
        return len(alike) > _MAX_ALIKE or any(
            others != wanted and len(others) == len(wanted) and others[-1].strip()[:chars] == last
            for lines, at in alike
            for others in [lines[at : at + len(wanted)]]
        )

    def _lines_by_beginning(self, message: int, chars: int) -> dict[str, list[tuple[list[str], int]]]:
        """The lines of a message's texts by how they begin, each as its text's lines and its place there.
        What became a reference meanwhile counts as it was."""
        if (message, chars) not in self.beginnings:
            found = self.beginnings[message, chars] = defaultdict(list)
            for at in self._members(message):
                lines = comparable_lines(self.texts.get(at) or MarkedText.of(self.blocks[at]), "\0there")
                for number, line in enumerate(lines):
                    found[line.strip()[:chars]].append((lines, number))
        return self.beginnings[message, chars]

    def _members(self, message: int) -> Sequence[int]:
        """The blocks of a message; on most turns nobody asks."""
        if not self.members:
            for at, block in enumerate(self.blocks):
                self.members.setdefault(block.message, []).append(at)
        return self.members[message]

    def is_only_json(self, source: int, beside: int) -> bool:
        """Whether the source is the only JSON text of its message, or the only one beside another one."""
        members = self._members(self.blocks[source].message)
        return [at for at in members if self.blocks[at].kind is Kind.JSON and at != beside] == [source]

    def like(self, at: int, chosen: frozenset[int]) -> list[int]:
        """The text within the window that is the same, else those that share most chosen lines with this one.
        Of equals the nearest.

        A long line counts twice: where it is the only one that is shared, it is worth a reference.
        """
        block = self.blocks[at]
        same = self.whole.get(_key_of_comparable(block.content))
        if same is not None and abs(same - at) <= self.window:
            return [same]
        if self.holder.keys().isdisjoint(chosen):
            return []
        shared = Counter(map(self.holder.get, chosen))
        shared.update(self.holder.get(mark) for mark in chosen if mark < 0)
        least = len(chosen) * _MIN_SHARE if block.kind in _WHOLE_ONLY else min(len(chosen), _MIN_SHARED)
        near = [
            other
            for other, count in shared.items()
            if other is not None and count >= least and abs(other - at) <= self.window
        ]
        return sorted(near, key=lambda other: (-shared[other], abs(other - at), other))[:_MAX_SOURCES]


def _may_be_source(block: Block) -> bool:
    return len(block.content) >= MIN_REFERENCE_CHARS and block.kind not in _NEVER


def _copy_of(at: int, chosen: frozenset[int], standing: _Standing) -> Copy | None:
    block = standing.blocks[at]
    sources = standing.like(at, chosen)
    if not sources:
        return None
    lines = comparable_lines(MarkedText.of(block), "\0here")
    runs = common_runs(unnumbered_lines(lines), [(other, standing.unnumbered(other)) for other in sources])
    body = [number for number, line in enumerate(lines) if line]
    for run in runs:
        if body and run.start <= body[0] and run.end > body[-1]:
            return _whole(at, replace(run, start=body[0], end=body[-1] + 1), lines, standing)
    long = [run for run in runs if run.chars >= MIN_RUN_CHARS]
    return _partly(at, long, lines, standing) if long and block.kind not in _WHOLE_ONLY else None


def _whole(at: int, run: Run, lines: Sequence[str], standing: _Standing) -> Copy | None:
    text = standing.blocks[at].content
    marker = _reference(at, run, lines, standing)
    if marker is None:
        return None
    end = "\n" if text.endswith("\n") else ""
    return Copy(joined([marker, end]), f"the same text as {standing.blocks[run.source].id}")


def _partly(at: int, runs: Sequence[Run], lines: Sequence[str], standing: _Standing) -> Copy | None:
    block = standing.blocks[at]
    text = MarkedText.of(block)
    starts = line_starts(lines_of(block.content))
    parts: list[MarkedText | str] = []
    done = count = 0
    others: dict[str, None] = {}
    for run in runs:
        marker = _reference(at, run, lines, standing)
        if marker is None:
            continue
        parts += [text.part(done, starts[run.start]), marker]
        done = starts[run.end]
        parts.append("\n" if block.content.endswith("\n", 0, done) else "")
        count += run.end - run.start
        others[standing.blocks[run.source].id] = None
    if not count:
        return None
    parts.append(text.part(done, len(block.content)))
    return Copy(joined(parts), f"{count} lines stand in {', '.join(others)}")


def _reference(at: int, run: Run, lines: Sequence[str], standing: _Standing) -> MarkedText | None:
    """A reference to the lines of the run; None where its words would fit another text, too."""
    block, source = standing.blocks[at], standing.blocks[run.source]
    place = standing.place(run.source, at)
    if Kind.JSON in (block.kind, source.kind):
        # It may be written in other lines by the end, so only the whole of it can be named.
        text = standing.as_read.get(source.id, source.content)
        is_same = block.kind is source.kind and comparable(block.content) == comparable(text)
        if is_same and standing.is_only_json(run.source, beside=at):
            return json_copy_marker(block.content, place, source.id)
        return None
    gone = lines[run.start : run.end]
    wanted = standing.lines(run.source)[run.there : run.there + len(gone)]
    numbers = line_numbers(gone)
    if gone == wanted:
        numbers = []
    elif not (numbers and line_numbers(wanted)):
        return None
    for chars in _QUOTED_CHARS:
        if not standing.fits_another(run.source, wanted, chars):
            first, last = wanted[0].strip()[:chars], wanted[-1].strip()[:chars]
            last = last if len(wanted) > 1 else ""
            return lines_copy_marker(gone, place, first, last, source.id, numbers)
    return None
