"""What the messages of a conversation were sent as: the values that a memory keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from token_optimizer.models import BlockType, Kind, Marker, Origin


class SentBlock(NamedTuple):
    """What one block of a message became. `content` None: it was sent as it came. A tuple: every block of
    every request has one.

    `length` is that of the text as it came, in characters, `lossy` says that some of it was cut, and `why`
    by which stage and for what reason it was changed. `markers` are those that stand in `content`.
    """

    kind: Kind
    length: int
    content: str | None = None
    dropped: bool = False
    lossy: bool = False
    why: str = ""
    markers: tuple[Marker, ...] = ()


@dataclass(frozen=True, slots=True)
class AddedBlock:
    """A block that was put before the `place`-th block of its message."""

    id: str
    place: int
    content: str
    type: BlockType
    note: str
    origin: Origin
    markers: tuple[Marker, ...] = ()


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What one message was sent as. `tools` are those that the conversation's opening message came with,
    and `ended` says that a request ended with this message.

    `unchanged`: it goes as it comes, however its text is parted, and so do the tools. It came from here.
    """

    blocks: tuple[SentBlock, ...] = ()
    added: tuple[AddedBlock, ...] = ()
    gone: bool = False
    tools: tuple[SentBlock, ...] = ()
    ended: bool = False
    unchanged: bool = False
