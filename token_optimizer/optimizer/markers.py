"""Writes markers, and reads them: the only module that knows their words.

A marker stands where something was left out of a text, and says what and how much; or it says where a text
comes from that was added. It is known by its place, which the block carries: a text that merely looks like a
marker is text, and is cut like any other.

Every marker that stands for something has a handle, a number made from what it stands for: the same on every
turn. It is written where the model can ask for what it names.

Before: 1,523 lines of a log
After:  the same with "[… 1,459 lines left out]" in the place of most of them;
        "[… 1,459 lines left out #482193]" with its handle
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

from token_optimizer.models import Block, Marker, MarkerKind

# A token holds up to three digits, so six cost as little as four; fewer would soon meet.
_FIRST_HANDLE, _HANDLES = 100_000, 900_000
_CUT_TOKENS = 7
# A number sign and two groups of digits.
_HANDLE_TOKENS = 3
# The markers that a compression writes, for compressed texts that come without the places of theirs.
_COMPRESSION_SHAPE = re.compile(r"\[… ([\d,]{1,15}) (\w{1,20}?)s? left out\]")
_REPEAT_SHAPE = re.compile(r"\[(?:this line [\d,]{1,15} times\]|[\d,]{1,15} times “)")
_START, _END = attrgetter("start"), attrgetter("end")


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text with the markers that stand in it, in order."""

    text: str
    markers: tuple[Marker, ...] = ()
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_starts", tuple(map(_START, self.markers)))

    @classmethod
    def of(cls, block: Block) -> MarkedText:
        """The text of a block."""
        return cls(block.content, block.markers)

    def within(self, start: int, end: int) -> Sequence[Marker]:
        """The markers that stand between these places."""
        if not self.markers:
            return ()
        first = bisect_left(self._starts, start)
        last = bisect_right(self.markers, end, lo=first, key=_END)
        return self.markers[first:last]

    def part(self, start: int, end: int) -> MarkedText:
        """The text between these places, with the markers in it."""
        return MarkedText(self.text[start:end], _moved(self.within(start, end), -start))

    def pieces(self) -> Iterator[str]:
        """What stands before, between and behind the markers."""
        done = 0
        for marker in self.markers:
            yield self.text[done : marker.start]
            done = marker.end
        yield self.text[done:]

    def stripped_span(self, chars: str) -> tuple[int, int]:
        """Where the text starts and ends without these characters around it."""
        start = len(self.text) - len(self.text.lstrip(chars))
        return start, max(start, len(self.text.rstrip(chars)))

    def with_markers_of(self, before: MarkedText) -> MarkedText | None:
        """This text with the markers of the one that it was made from; None where they were altered."""
        if not before.markers:
            return self
        found = relocated(before.markers, before.text, self.text)
        if found is None:
            return None
        return MarkedText(self.text, tuple(sorted((*self.markers, *found), key=_START)))

    def is_marker(self, start: int, end: int) -> bool:
        """Whether markers stand between these places, and nothing else but space.

        References and marks of repeats count as text: they say something, and may be left out.
        """
        markers = self.within(start, end)
        if not markers or any(marker.kind in ("copy", "repeat") for marker in markers):
            return False
        return not "".join(self.part(start, end).pieces()).strip()

    def lines_meant(self, start: int, end: int, lines: int) -> int:
        """How many lines so many `lines` between these places stand for: those of markers for several."""
        return lines + sum(one.count - 1 for one in self.within(start, end) if one.unit == "line")


def marker_tokens(show_handle: bool) -> int:
    """What the marker of a cut counts, about."""
    return _CUT_TOKENS + _HANDLE_TOKENS * show_handle


def joined(parts: Iterable[MarkedText | str]) -> MarkedText:
    """The parts as one text."""
    texts: list[str] = []
    markers: list[Marker] = []
    length = 0
    for part in parts:
        if isinstance(part, MarkedText):
            markers += _moved(part.markers, length)
            part = part.text
        texts.append(part)
        length += len(part)
    return MarkedText("".join(texts), tuple(markers))


def without_markers(block: Block) -> str:
    """The block's text but for its markers."""
    return "".join(MarkedText.of(block).pieces()) if block.markers else block.content


def was_cut(block: Block) -> bool:
    """Whether something was cut from the block's text."""
    return any(marker.kind == "cut" for marker in block.markers)


def relocated(markers: Sequence[Marker], text: str, rewritten: str) -> tuple[Marker, ...] | None:
    """The markers of the text as they stand in a rewritten one that left them and their order alone; None
    where it did not."""
    found: list[Marker] = []
    for marker in markers:
        words = text[marker.start : marker.end]
        if text.count(words) != rewritten.count(words):
            return None
        start = -1
        for _ in range(text.count(words, 0, marker.start) + 1):
            start = rewritten.index(words, start + 1)
        found.append(replace(marker, start=start, end=start + len(words)))
    return tuple(found)


def with_text(block: Block, text: MarkedText, show_handles: bool = False) -> Block:
    """The block with another text; the handles are written into it where the model can use them."""
    if show_handles and text.markers:
        text = _with_handles(text)
    if text == MarkedText.of(block):
        return block
    return block.but(content=text.text, markers=text.markers)


def are_in_place(block: Block) -> bool:
    """Whether the block's markers stand where it says."""
    ends = [0, *(place for marker in block.markers for place in (marker.start, marker.end))]
    in_brackets = all(
        block.content[one.start : one.start + 1] == "[" and block.content[one.end - 1 : one.end] == "]"
        for one in block.markers
    )
    return in_brackets and ends == sorted(ends) and ends[-1] <= len(block.content)


def with_unique_handles(blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks, each handle in one marker alone: of two that meet, the later one takes the next number that
    is free. What is frozen stays as it was sent. The very same sequence where none meet."""
    handles = [marker.handle for block in blocks for marker in block.markers if marker.handle]
    if len(set(handles)) == len(handles):
        return blocks
    taken = {marker.handle for block in blocks if block.frozen for marker in block.markers}
    return [block if block.frozen or not block.markers else _renumbered(block, taken) for block in blocks]


def cut_marker(unit: str, count: int, original: str, more_alike: int = 0) -> MarkedText:
    """A marker for so many units that are gone; `more_alike` is how many lines went, wherever, that are like
    the one before the marker."""
    alike = f"; {more_alike:,} more like the line above" if more_alike else ""
    return _marker(f"… {_amount(count, unit)} left out{alike}", "cut", unit, count, original)


def json_marker(parts: Sequence[str], count: int, original: str, summary: str) -> MarkedText:
    """A marker for what is gone of a JSON text, said in `parts`; `summary` says what all of it had."""
    said = f". All had: {summary}" if summary else ""
    return _marker(f"… {'; '.join(parts)} left out{said}", "cut", "item", count, original)


def turns_marker(messages: int, original: str, carried: Sequence[str]) -> MarkedText:
    """A marker for whole messages of old turns; words of the user that must not be lost follow verbatim."""
    follow = "; the user said in them:" if carried else ""
    words = f"{_amount(messages, 'older message')} left out{follow}"
    marker = _marker(words, "cut", "message", messages, original)
    return joined([marker, "\n", *(f"{text}\n" for text in carried), "\n"])


def text_copy_marker(begin: str, lines: int, original: str, *, below: bool) -> MarkedText:
    """A reference in the place of a text that stands elsewhere in the prompt, too."""
    where = "again further below" if below else "above already"
    words = f"the text that begins “{begin}” stands {where}; left out here"
    return _marker(words, "copy", "line", lines, original)


def lines_copy_marker(first: str, last: str, lines: int, original: str, *, below: bool) -> MarkedText:
    """A reference in the place of lines that stand elsewhere in the prompt, too; one has no `last`."""
    where = "further below" if below else "above"
    if last:
        words = f"{lines} lines left out here: they stand {where}, from “{first}” to “{last}”"
    else:
        words = f"a paragraph left out here: it stands {where}, where it begins “{first}”"
    return _marker(words, "copy", "line", lines, original)


def repeated_line_marker(count: int) -> MarkedText:
    """A mark behind a line that stands so many times in a row."""
    text = f"[this line {count:,} times]"
    return MarkedText(text, (Marker(0, len(text), "repeat", "line", count),))


def repeated_phrase_marker(phrase: str, count: int) -> MarkedText:
    """A mark in the place of a phrase that stands so many times in a row, its spaces included."""
    text = f"[{count:,} times “{phrase}”]"
    return MarkedText(text, (Marker(0, len(text), "repeat", "phrase", count),))


def has_repeat_mark(text: str) -> bool:
    """Whether something in the text looks like a mark of repeats."""
    return _REPEAT_SHAPE.search(text) is not None


def restored_marker(message: int, role: str) -> MarkedText:
    """The line above what was brought back of an earlier message, which is counted from 1."""
    return _source(f"left out of message {message} ({role}) before, asked for now:")


def stored_marker(source: str) -> MarkedText:
    """The line above a passage of a stored document."""
    return _source(f'added, from the stored document "{source}":')


def marked_compression(text: str, original: str) -> MarkedText:
    """A compression of the original that comes without the places of its markers: what looks like one and
    does not stand in the original is one."""
    parts: list[MarkedText | str] = []
    done = 0
    for found in _COMPRESSION_SHAPE.finditer(text):
        if found.group() in original:
            continue
        count, unit = int(found.group(1).replace(",", "") or 0), found.group(2)
        # All that is known of what is gone is where in which text.
        parts += [text[done : found.start()], cut_marker(unit, count, f"{len(parts)} {original}")]
        done = found.end()
    return joined([*parts, text[done:]])


def _marker(words: str, kind: MarkerKind, unit: str, count: int, original: str) -> MarkedText:
    """A marker of these words, which stands for what is gone of the original."""
    digest = hashlib.blake2b(original.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    handle = _FIRST_HANDLE + int.from_bytes(digest) % _HANDLES
    text = f"[{words}]"
    return MarkedText(text, (Marker(0, len(text), kind, unit, count, handle),))


def _source(words: str) -> MarkedText:
    text = f"[{words}]"
    return MarkedText(text, (Marker(0, len(text), "source"),))


def _amount(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'s' if count != 1 else ''}"


def _with_handles(text: MarkedText) -> MarkedText:
    """The text with the handle of each marker at its end."""
    parts: list[MarkedText | str] = []
    done = 0
    for marker in text.markers:
        words, ending = text.text[marker.start : marker.end], _ending(marker.handle)
        if marker.handle and not words.endswith(ending):
            words = words[:-1] + ending
        parts += [text.text[done : marker.start], _placed(words, marker)]
        done = marker.end
    return joined([*parts, text.text[done:]])


def _renumbered(block: Block, taken: set[int]) -> Block:
    """The block with handles that are not taken yet; they are taken from then on."""
    parts: list[MarkedText | str] = []
    done = 0
    for marker in block.markers:
        words, handle = block.content[marker.start : marker.end], marker.handle
        while handle and handle in taken:
            handle = _FIRST_HANDLE + (handle + 1 - _FIRST_HANDLE) % _HANDLES
        taken.add(handle)
        if words.endswith(_ending(marker.handle)):
            words = words.removesuffix(_ending(marker.handle)) + _ending(handle)
        parts += [block.content[done : marker.start], _placed(words, replace(marker, handle=handle))]
        done = marker.end
    return with_text(block, joined([*parts, block.content[done:]]))


def _ending(handle: int) -> str:
    """How a marker ends that shows its handle."""
    return f" #{handle}]"


def _placed(words: str, marker: Marker) -> MarkedText:
    return MarkedText(words, (replace(marker, start=0, end=len(words)),))


def _moved(markers: Sequence[Marker], by: int) -> tuple[Marker, ...]:
    if not by:
        return tuple(markers)
    return tuple(replace(one, start=one.start + by, end=one.end + by) for one in markers)
