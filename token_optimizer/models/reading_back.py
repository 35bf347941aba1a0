"""What was cut as a model may read it back, and what it read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

from token_optimizer.models.blocks import Marker


class ReadReport(NamedTuple):
    """One call of `read_back`: what it asked for, whether that was there, the rule that had cut it, and the
    tokens of the answer."""

    what: str
    found: bool
    stage: str
    tokens: int


class ReReadReport(NamedTuple):
    """A tool that was called again with the same arguments soon after its result was cut: the rule that had
    cut it, after how many steps the call came, the tokens of the new result, and the block that was cut."""

    tool: str
    stage: str
    steps: int
    tokens: int
    block: str


class ReadPart(NamedTuple):
    """A part of what was read back: the text of a block of the original from `start` to `end`, or `words` in
    its place, which are a marker's where there is a `handle`."""

    block: str = ""
    start: int = 0
    end: int = 0
    words: str = ""
    handle: int = 0


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What one call of `read_back` gets: the text, and whether there was any to read.

    `block` is the id of the block that it is from, first, `stage` the rule that had cut it, and `tokens` what
    it counts. `parts` are those of the text, by which it can be made again from the original.
    """

    text: str
    found: bool = False
    block: str = ""
    stage: str = ""
    tokens: int = 0
    parts: tuple[ReadPart, ...] = ()

    def followed_by(self, words: str) -> ReadBack:
        """The same with words of ours behind it."""
        return replace(self, text=self.text + words, parts=(*self.parts, ReadPart(words=words)))


class Reader(Protocol):
    """Reads what was left out of a prompt."""

    def read(self, what: str) -> ReadBack: ...


class CutBlock(NamedTuple):
    """What was sent in the place of blocks of which something is missing: of the one named first, or of all
    of `blocks`, which are ids of the original. `stage` is the rule that cut them; without `content` they are
    gone."""

    blocks: tuple[str, ...]
    stage: str
    content: str = ""
    markers: tuple[Marker, ...] = ()


class ReadResult(NamedTuple):
    """The answer to one call: its parts, and a hash of the text, which tells whether it was made again."""

    call_id: str
    parts: tuple[ReadPart, ...]
    digest: str


class SentRead(NamedTuple):
    """An answer of the model with calls of `read_back`, and their results: both stand in no message of the
    client's. `at` is the number of the client's message before which they stand.

    `messages` repeat the answer as it came. `beside` calls of the client's own, they are the calls alone, and
    belong into its message."""

    at: int
    messages: tuple[dict[str, Any], ...]
    results: tuple[ReadResult, ...]
    beside: bool = False
