"""A request body as blocks, and what the stages find out about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple

from token_optimizer.models.blocks import Block, Dialect, value_class

Path = tuple[str | int, ...]
_TOKENS = attrgetter("tokens")


class Slot(NamedTuple):
    """Where a text stands in a request body: `("messages", 3, "content", 0, "text")`."""

    path: Path
    role: str


@dataclass(frozen=True, slots=True)
class ParsedMessages:
    """The leading `count` messages of a body, and the system text before them, as read on an earlier turn.

    `asking` has the ids of the blocks that asked on that turn, and `edits_files` says whether one of the
    calls edits files. `remarked` are the numbers of those in which the client moved its cache marks since.
    """

    count: int = 0
    slots: tuple[Slot, ...] = ()
    blocks: tuple[Block, ...] = ()
    asking: frozenset[str] = frozenset()
    edits_files: bool = False
    remarked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the query means for a prompt: by block id what each block is worth to it, as a score with its
    parts, and for each word of the query those that may stand for it, with their shares."""

    utilities: Mapping[str, Mapping[str, float]]
    synonyms: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Worth:
    """What the choice towards the soft target came to for a block: `kept` is what a token of its best passage
    was worth, from `floor` on none goes, and `spare_tokens` of what was kept are worth less: a further cut
    would have saved them."""

    kept: float
    floor: float
    spare_tokens: int

    def as_dict(self) -> dict[str, float]:
        """The figures as the trace shows them."""
        return {"kept": round(self.kept, 4), "floor": self.floor, "spare_tokens": self.spare_tokens}


@value_class
class Prompt:
    """A request body as blocks. `body` is the request as it came and is never changed.

    Joining the texts of the blocks of one slot, in order, gives that slot's text.
    `gone_messages` are the indexes of messages that were dropped whole; `documents_at` that of the message
    that was put in for documents given apart.
    `meaning` is what the stage `semantic` found out, where it ran; `faithfulness` has by block id what the
    compression of each block scored, whether it stands or not, and `worths` what the choice towards the soft
    target came to. `lacks_room`: the question asks for more of
    what earlier turns left out than there is room for.
    `unprotected` has, by id, the blocks that only this turn protects, because they ask the question or begin
    the answer, as the coming turns read them. `edits_files`: one of the calls does.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    blocks: tuple[Block, ...]
    slots: tuple[Slot, ...]
    body: Mapping[str, Any]
    dialect: Dialect
    query: str | None = None
    gone_messages: frozenset[int] = frozenset()
    documents_at: int | None = None
    meaning: Meaning | None = None
    lacks_room: bool = False
    faithfulness: Mapping[str, float] = field(default_factory=dict)
    worths: Mapping[str, Worth] = field(default_factory=dict)
    unprotected: Mapping[str, Block] = field(default_factory=dict)
    edits_files: bool = False
    _tokens: list[int] = field(default_factory=list, init=False, repr=False, compare=False)
    _open_blocks: list[Sequence[Block]] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def tokens(self) -> int:
        """Tokens of the whole request, as its blocks were counted; added once, since every stage asks."""
        if not self._tokens:
            self._tokens.append(sum(map(_TOKENS, self.blocks)))
        return self._tokens[0]

    @property
    def open_blocks(self) -> Sequence[Block]:
        """The blocks that a stage may change; of a long conversation nearly all are closed."""
        if not self._open_blocks:
            self._open_blocks.append([block for block in self.blocks if not block.verbatim])
        return self._open_blocks[0]
