"""A request body as blocks, and what the stages find out about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from token_optimizer.models.blocks import Block, Dialect, value_class
from token_optimizer.models.prefix import NO_PREFIX, FrozenPrefix

if TYPE_CHECKING:
    from token_optimizer.text.numbered_words import WordsOfTexts

Path = tuple[str | int, ...]
_TOKENS = attrgetter("tokens")


class Slot(NamedTuple):
    """Where a text stands in a request body: `("messages", 3, "content", 0, "text")`."""

    path: Path
    role: str


class Observations(NamedTuple):
    """The numbers of the messages that a program wrote in the role of the user, and how many such messages of
    one form in a row the conversation ends with."""

    found: frozenset[int] = frozenset()
    form: str = ""
    in_a_row: int = 0


NO_OBSERVATIONS = Observations()


class MadeCall(NamedTuple):
    """A tool call: its id, the tool's name, and a hash of the arguments."""

    id: str
    name: str
    arguments: bytes


class CallStep(NamedTuple):
    """A message of the model with calls, by its number."""

    message: int
    calls: tuple[MadeCall, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found while messages were read, from which the reading of those behind them goes on.

    `edits_files`: a tool can, or one of the calls does. `turn` is the last one that began. `asked` is the
    newest message in which the user speaks, and `question` what it asks; -1 where neither is known. `steps`
    are the newest messages with calls. `tools` names the tools, and which of them is forced.
    """

    edits_files: bool = False
    turn: int = -1
    observations: Observations = NO_OBSERVATIONS
    asked: int = -1
    question: str | None = None
    steps: tuple[CallStep, ...] = ()
    tools: bytes = b""


NOTHING_READ = Reading()


@dataclass(frozen=True, slots=True)
class ParsedTools:
    """The tools that have this `name`, as they `came` and as they were `sent`, which are closed; None in the
    place of one that went. On each turn they stand behind all messages, under other numbers."""

    name: bytes = b""
    came: tuple[Block, ...] = ()
    slots: tuple[Slot, ...] = ()
    sent: tuple[Block | None, ...] = ()


NO_TOOLS = ParsedTools()


@dataclass(frozen=True, slots=True)
class ParsedMessages:
    """The leading `count` messages of a body, and the system text before them, as read on an earlier turn.

    `asking` has the ids of the blocks that asked on that turn, and `reading` what the reading came to.
    `remarked` are the numbers of those in which the client moved its cache marks since. `tools` are those
    behind them.
    """

    count: int = 0
    slots: tuple[Slot, ...] = ()
    blocks: tuple[Block, ...] = ()
    asking: frozenset[str] = frozenset()
    reading: Reading = NOTHING_READ
    remarked: frozenset[int] = frozenset()
    tools: ParsedTools = NO_TOOLS


NOTHING_PARSED = ParsedMessages()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the query means for a prompt: by block id what each block is worth to it, as a score with its
    parts, and for each word of the query those that may stand for it, with their shares. `words` are those of
    the blocks."""

    utilities: Mapping[str, Mapping[str, float]]
    synonyms: Mapping[str, Mapping[str, float]]
    words: WordsOfTexts


class Worth(NamedTuple):
    """What the choice towards the soft target came to for a block: `kept` is what a token of its best passage
    was worth, from `floor` on none goes, and `spare_tokens` of what was kept are worth less: a further cut
    would have saved them. A tuple: every block that may be cut has one."""

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
    the answer, as the coming turns read them. `reading` is what the next turn's reading goes on from.
    `prefix` has the leading blocks that were sent before, where an earlier turn was seen: no stage changes
    them, so most need not look at them again. A prompt that does not begin with them has none.
    A prompt is a value: `but` gives a changed one.
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
    reading: Reading = NOTHING_READ
    prefix: FrozenPrefix = NO_PREFIX
    # What was asked for already: every stage asks.
    _tokens: int | None = field(default=None, init=False, repr=False, compare=False)
    _rest: Sequence[Block] | None = field(default=None, init=False, repr=False, compare=False)
    _open_blocks: Sequence[Block] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        prefix = self.prefix
        if prefix is not NO_PREFIX and self.blocks[: len(prefix.sent)] != prefix.sent:
            object.__setattr__(self, "prefix", NO_PREFIX)

    def but(self, **changes: Any) -> Prompt:
        """The prompt with these fields changed: what `dataclasses.replace` gives, in a fraction of its
        time."""
        values = list(_VALUES(self))
        for name, value in changes.items():
            values[_PLACES[name]] = value
        return Prompt(*values)

    @property
    def tokens(self) -> int:
        """Tokens of the whole request, as its blocks were counted."""
        known = self._tokens
        if known is None:
            known = self.prefix.tokens + sum(map(_TOKENS, self.rest))
            object.__setattr__(self, "_tokens", known)
        return known

    @property
    def rest(self) -> Sequence[Block]:
        """The blocks behind the prefix: all that a stage may change is among them."""
        known = self._rest
        if known is None:
            known = self.blocks[len(self.prefix.sent) :]
            object.__setattr__(self, "_rest", known)
        return known

    @property
    def open_blocks(self) -> Sequence[Block]:
        """The blocks that a stage may change; of a long conversation nearly all are closed."""
        known = self._open_blocks
        if known is None:
            known = [block for block in self.rest if not block.verbatim]
            object.__setattr__(self, "_open_blocks", known)
        return known


_PLACES = {item.name: place for place, item in enumerate(fields(Prompt)) if item.init}
_VALUES = attrgetter(*_PLACES)
