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
from collections.abc import Sequence, Set
from dataclasses import replace

from token_optimizer.models import Block, Marker, MarkerKind, Origin
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.text.lines import count_lines

# A token holds up to three digits, so six cost as little as four; fewer would soon meet.
_FIRST_HANDLE, _HANDLES = 100_000, 900_000
_CUT_TOKENS = 7
# A number sign and two groups of digits.
_HANDLE_TOKENS = 3
# The markers that a compression writes, for compressed texts that come without the places of theirs.
_COMPRESSION_SHAPE = re.compile(r"\[… ([\d,]{1,15}) (\w{1,20}?)s? left out\]")
_REPEAT_SHAPE = re.compile(r"\[(?:this line [\d,]{1,15} times\]|[\d,]{1,15} times “)")


def marker_tokens(show_handle: bool) -> int:
    """What the marker of a cut counts, about."""
    return _CUT_TOKENS + _HANDLE_TOKENS * show_handle


def max_whole_tokens(show_handle: bool) -> int:
    """What counts no more is not looked at for a cut: a marker in it would take half of its room."""
    return 2 * marker_tokens(show_handle)


def without_markers(block: Block) -> str:
    """The block's text but for its markers."""
    return "".join(MarkedText.of(block).pieces()) if block.markers else block.content


def was_cut(block: Block) -> bool:
    """Whether something was cut from the block's text."""
    return bool(block.markers) and any(marker.kind == "cut" for marker in block.markers)


def with_text(block: Block, text: MarkedText, show_handles: bool = False) -> Block:
    """The block with another text; the handles are written into it where the model can use them."""
    # What was added stands in no original that could be read.
    if show_handles and text.markers and block.origin in (Origin.REQUEST, Origin.MARKER):
        text = _with_handles(text)
    if text.text == block.content and text.markers == block.markers:
        return block
    return block.but(content=text.text, markers=text.markers)


def are_in_place(block: Block) -> bool:
    """Whether the block's markers stand where it says."""
    text, done = block.content, 0
    for one in block.markers:
        in_brackets = text[one.start : one.start + 1] == "[" and text[one.end - 1 : one.end] == "]"
        if not (in_brackets and done <= one.start <= one.end):
            return False
        done = one.end
    return done <= len(text)


def with_true_references(blocks: Sequence[Block], show_handles: bool) -> Sequence[Block]:
    """The blocks with a plain marker in the place of every reference to a text that was cut since. The very
    same sequence where there is none."""
    referring = [block for block in blocks if block.markers and not block.frozen]
    if not any(marker.copy_of for block in referring for marker in block.markers):
        return blocks
    # What must be kept has no cuts but those that it had when it was referred to.
    intact = {block.id for block in blocks if block.must_keep or not (was_cut(block) or block.compressed)}
    stale = {
        block.id
        for block in referring
        if any(marker.copy_of and marker.copy_of not in intact for marker in block.markers)
    }
    if not stale:
        return blocks
    return [
        with_text(block, _without_references(block, intact), show_handles) if block.id in stale else block
        for block in blocks
    ]


def without_own_references(block: Block) -> MarkedText:
    """The block's text with a plain marker in the place of every reference to a text in it: once something is
    cut from the block, none of them holds."""
    others = {marker.copy_of for marker in block.markers} - {block.id}
    return _without_references(block, others)


def _without_references(block: Block, intact: Set[str]) -> MarkedText:
    parts: list[MarkedText | str] = []
    done = 0
    for marker in block.markers:
        words = block.content[marker.start : marker.end]
        if marker.copy_of and marker.copy_of not in intact:
            cut = replace(marker, kind="cut", copy_of="")
            words = f"[… {_amount(marker.count, marker.unit)} left out]"
        else:
            cut = marker
        parts += [block.content[done : marker.start], _placed(words, cut)]
        done = marker.end
    return joined([*parts, block.content[done:]])


def with_unique_handles(blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks, each handle in one marker alone: of two that meet, the later one takes the next number that
    is free. What is frozen stays as it was sent. The very same sequence where none meet."""
    handles = [marker.handle for block in blocks for marker in block.markers if marker.handle]
    if len(set(handles)) == len(handles):
        return blocks
    taken = {marker.handle for block in blocks if block.frozen for marker in block.markers}
    return [block if block.frozen or not block.markers else _renumbered(block, taken) for block in blocks]


def handle_of(original: str) -> int:
    """The handle of a marker that stands for this text."""
    digest = hashlib.blake2b(original.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return _FIRST_HANDLE + int.from_bytes(digest) % _HANDLES


def shown_handles(block: Block) -> list[int]:
    """The handles that the model sees in the block's text."""
    shown = (one for one in block.markers if one.handle)
    return [one.handle for one in shown if block.content.endswith(_ending(one.handle), one.start, one.end)]


def gap_words(text: str, taken: Set[int]) -> tuple[str, int]:
    """The marker of a text that is left out of what is read back, and its handle, which is not `taken`."""
    handle = handle_of(text)
    while handle in taken:
        handle = _next_handle(handle)
    is_lines = text.endswith("\n")
    amount = _amount(count_lines(text), "line") if is_lines else _amount(len(text), "character")
    return f"[… {amount} left out{_ending(handle)}", handle


def message_line(message: int, role: str) -> str:
    """The line above what is read back of a whole message."""
    return f"[{place_name(message, role)}:]\n"


def cut_marker(unit: str, count: int, original: str, more_alike: int = 0) -> MarkedText:
    """A marker for so many units that are gone; `more_alike` is how many lines went, wherever, that are like
    the one before the marker."""
    alike = f"; {more_alike:,} more like the line above" if more_alike else ""
    return _marker(f"… {_amount(count, unit)} left out{alike}", "cut", unit, count, original)


def json_marker(parts: Sequence[str], count: int, original: str, summary: str) -> MarkedText:
    """A marker for what is gone of a JSON text, said in `parts`; `summary` says what all of it had."""
    said = f". All had: {summary}" if summary else ""
    return _marker(f"… {'; '.join(parts)} left out{said}", "cut", "item", count, original)


def descriptions_marker(count: int, original: str) -> MarkedText:
    """A marker for descriptions of a tool, and of its parameters, that are shorter or gone."""
    return _marker(f"… {_amount(count, 'description')} shortened", "cut", "description", count, original)


def turns_marker(messages: int, original: str, carried: Sequence[MarkedText]) -> MarkedText:
    """A marker for whole messages of old turns; words of the user that must not be lost follow verbatim."""
    follow = "; the user said in them:" if carried else ""
    words = f"{_amount(messages, 'older message')} left out{follow}"
    marker = _marker(words, "cut", "message", messages, original)
    follows = (part for text in carried for part in (text, "\n"))
    return joined([marker, "\n", *follows, "\n"])


def place_name(message: int, role: str) -> str:
    """What a marker calls a message, which is counted from 0 here and from 1 in its words."""
    return "the system text" if message < 0 else f"message {message + 1} ({role})"


def lines_copy_marker(
    lines: Sequence[str], place: str, first: str, last: str, copy_of: str, numbers: Sequence[int] = ()
) -> MarkedText:
    """A reference in the place of lines that stand in another block, from one that begins with `first` to one
    that begins with `last`; of a single line there is no `last`. `numbers` are those that the lines have
    here where they have others there."""
    quoted = f"from “{first}” to “{last}”" if last else f"“{first}”"
    stands = "it stands" if len(lines) == 1 else "they stand"
    numbered = f", numbered {numbers[0]} to {numbers[-1]} here" if numbers else ""
    words = f"{_amount(len(lines), 'line')} left out here: {stands} {place}, {quoted}{numbered}"
    return _marker(words, "copy", "line", len(lines), "\n".join(lines), copy_of)


def json_copy_marker(text: str, place: str, copy_of: str) -> MarkedText:
    """A reference in the place of a JSON text: the other one may be written in another way by then."""
    words = f"JSON left out here: the same stands {place}"
    return _marker(words, "copy", "line", count_lines(text), text, copy_of)


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
    return "[" in text and _REPEAT_SHAPE.search(text) is not None


def restored_marker(place: str) -> MarkedText:
    """The line above what was brought back of an earlier message."""
    return _source(f"left out of {place} before, asked for now:")


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


def _marker(
    words: str, kind: MarkerKind, unit: str, count: int, original: str, copy_of: str = ""
) -> MarkedText:
    """A marker of these words, which stands for what is gone of the original."""
    text = f"[{words}]"
    return MarkedText(text, (Marker(0, len(text), kind, unit, count, handle_of(original), copy_of),))


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
            handle = _next_handle(handle)
        taken.add(handle)
        if words.endswith(_ending(marker.handle)):
            words = words.removesuffix(_ending(marker.handle)) + _ending(handle)
        parts += [block.content[done : marker.start], _placed(words, replace(marker, handle=handle))]
        done = marker.end
    return with_text(block, joined([*parts, block.content[done:]]))


def _next_handle(handle: int) -> int:
    return _FIRST_HANDLE + (handle + 1 - _FIRST_HANDLE) % _HANDLES


def _ending(handle: int) -> str:
    """How a marker ends that shows its handle."""
    return f" #{handle}]"


def _placed(words: str, marker: Marker) -> MarkedText:
    return MarkedText(words, (replace(marker, start=0, end=len(words)),))
