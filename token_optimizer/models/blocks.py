"""Blocks: the pieces of a prompt, what they are, and the markers that stand in them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar, dataclass_transform

Dialect = Literal["openai", "anthropic", "responses"]
# How the strings are written that a text stands in, the innermost first: in ASCII alone or not.
Quoting = tuple[Literal["ascii", "unicode"], ...]
MarkerKind = Literal["cut", "copy", "repeat", "source"]
_T = TypeVar("_T")
# The message number of what stands outside of the messages: system text, tools.
OUTSIDE = -1


class BlockType(StrEnum):
    """What a block is, as the guide names it."""

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    DOC = "doc"
    CONSTRAINT = "constraint"

    # An enum hashes by name in Python code, each time anew; a string keeps its hash.
    __hash__ = str.__hash__


class Kind(StrEnum):
    """The shape of a block's text, which decides the rules that may work on it."""

    PROSE = "prose"
    JSON = "json"
    LOG = "log"
    CODE = "code"
    DOCUMENT = "document"
    TRANSCRIPT = "transcript"  # what several people said, each line with its speaker
    EXAMPLES = "examples"  # worked examples before the question that is asked
    SCHEMA = "schema"  # one tool definition as JSON
    TOOL_TEXT = "tool_text"  # tools that a system text describes
    CALL = "call"  # the name and arguments of a tool call: never altered
    OPAQUE = "opaque"  # read by the model and never altered: reasoning, refusals, cited text
    MEDIA = "media"  # an image, a PDF, audio: only counted
    FRAMING = "framing"  # what the dialect adds around the texts: roles, separators

    __hash__ = str.__hash__


class Origin(StrEnum):
    """Where a block comes from."""

    REQUEST = "request"
    RETRIEVED = "retrieved"  # from stored documents, on this turn or an earlier one
    RESTORED = "restored"  # cut on an earlier turn, and asked for again
    MARKER = "marker"  # says what was left out in its place

    __hash__ = str.__hash__


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value_class(cls: type[_T]) -> type[_T]:
    """A slotted dataclass whose fields type checkers hold to be frozen: to freeze them at run time would
    double the time that it takes to make one, and a request makes thousands."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


@value_class
class Marker:
    """What this optimizer wrote into a block's text, from `start` to `end`.

    A `cut` stands for text that is gone, a `copy` for text that stands elsewhere in the prompt, too, and a
    `repeat` for what is written out in it or beside it, so many times in a row. A `source` says where text
    comes from that was added: it stands for nothing. `count` is how many of the `unit` the marker stands for;
    the `handle` is a number that names what is gone, and nothing else in the prompt. `copy_of` is the id of
    the block in which a copy stands.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    start: int
    end: int
    kind: MarkerKind
    unit: str = ""
    count: int = 0
    handle: int = 0
    copy_of: str = ""

    def at(self, start: int) -> Marker:
        """The same marker where it starts elsewhere: what `dataclasses.replace` gives, in a fifth of its
        time."""
        end = start + self.end - self.start
        return Marker(start, end, self.kind, self.unit, self.count, self.handle, self.copy_of)


class Wrapper(NamedTuple):
    """What stands around a block's content in its text: a document's tags, or the members of a JSON object
    whose string the content is.

    `lead` parts it from what comes before, `before` and `after` go where the content goes; `quoting` says
    how the content is written: as it is, or as the inside of a JSON string, which may stand in another.
    """

    lead: str = ""
    before: str = ""
    after: str = ""
    quoting: Quoting = ()

    def around(self, content: str, *, is_marker: bool = False) -> str:
        """The text as it is written; a marker in the place of all of it stands by itself."""
        if not content:
            return ""
        if not is_marker:
            return f"{self.lead}{self.before}{quoted(content, self.quoting)}{self.after}"
        if not self.quoting:
            return self.lead + content
        mark = quoted('"', self.quoting[1:])
        return f"{self.lead}{mark}{quoted(content.strip(), self.quoting)}{mark}"


def quoted(text: str, quoting: Quoting) -> str:
    """The text as it stands inside of JSON strings, or as it is where nothing is quoted."""
    for level in quoting:
        text = json.dumps(text, ensure_ascii=level == "ascii")[1:-1]
    return text


@value_class
class Block:
    """One piece of a prompt. Only `content` is needed; `tokens` 0 means not counted yet.

    `kind` is the shape of the text. `verbatim` blocks are never rewritten by any rule;
    `must_keep` blocks are never dropped or cut, but lossless rules may shorten them.
    `turn` counts conversation turns from 0 (a turn starts with a user message that is no tool result);
    it is -1 outside the conversation (system text, tools).
    `frozen` blocks stand as they were sent before, `original_content` then holds what was cut from.
    `message` is the number of the message that holds the block, OUTSIDE where none does, and `place` the
    block's number among those of its message.
    `slot` is the index in `Prompt.slots` of the text the block is part of; None for what is not
    written back (calls, framing).
    `exact` blocks are text of a file that may be edited: whole lines may go, what stays is as it was.
    `note` says in a few words what the last rule did to the block; it becomes the reason in the trace.
    `markers` are those that stand in `content`, in order: text that only looks like one is text.
    `metadata` is the caller's own. A block is a value: `but` gives a changed one.
    `wrapper` is what the content is written in, where it is not the text itself.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    content: str
    type: BlockType = BlockType.USER
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    must_keep: bool = False
    priority: float = 0.5
    tokens: int = 0
    timestamp: datetime = field(default_factory=lambda: datetime.now(UTC))
    metadata: dict[str, Any] = field(default_factory=dict)
    compressed: bool = False
    embedding: Any = field(default=None, compare=False, repr=False)
    original_content: str | None = None
    utility: float = 0.0
    kind: Kind = Kind.PROSE
    verbatim: bool = False
    tool_result: bool = False
    turn: int = -1
    slot: int | None = None
    frozen: bool = False
    note: str = ""
    message: int = OUTSIDE
    place: int = 0
    origin: Origin = Origin.REQUEST
    markers: tuple[Marker, ...] = ()
    exact: bool = False
    wrapper: Wrapper | None = None

    @property
    def text(self) -> str:
        """The content as it is written into its slot."""
        if self.wrapper is None:
            return self.content
        return self.wrapper.around(self.content, is_marker=self.is_marker())

    @property
    def is_users_prose(self) -> bool:
        """Whether it is prose of a user, own words or handed-over ones."""
        return self.type is BlockType.USER and self.kind is Kind.PROSE and not self.tool_result

    def is_marker(self) -> bool:
        """Whether the content is nothing but the marker of a cut."""
        if len(self.markers) != 1 or self.markers[0].kind != "cut":
            return False
        start, end = self.markers[0].start, self.markers[0].end
        return not (self.content[:start].strip() or self.content[end:].strip())

    def __post_init__(self) -> None:
        if type(self.type) is not BlockType:
            object.__setattr__(self, "type", BlockType(self.type))

    def __copy__(self) -> Block:
        """A shallow copy, in a twentieth of the time that the copy module takes for a slotted class: field by
        field, since a loop over them takes three times as long."""
        new: Any = object.__new__(Block)
        new.content = self.content
        new.type = self.type
        new.id = self.id
        new.must_keep = self.must_keep
        new.priority = self.priority
        new.tokens = self.tokens
        new.timestamp = self.timestamp
        new.metadata = self.metadata
        new.compressed = self.compressed
        new.embedding = self.embedding
        new.original_content = self.original_content
        new.utility = self.utility
        new.kind = self.kind
        new.verbatim = self.verbatim
        new.tool_result = self.tool_result
        new.turn = self.turn
        new.slot = self.slot
        new.frozen = self.frozen
        new.note = self.note
        new.message = self.message
        new.place = self.place
        new.origin = self.origin
        new.markers = self.markers
        new.exact = self.exact
        new.wrapper = self.wrapper
        return new

    def but(self, **changes: Any) -> Block:
        """The block with these fields changed: what `dataclasses.replace` gives, in a fifth of its time."""
        new = self.__copy__()
        for name, value in changes.items():
            setattr(new, name, value)
        return new


@value_class
class Passage:
    """A piece of a block's text, from `start` to `end`, that may be left out when the budget is tight.

    `value` is what it is worth by itself, about 0..1 for one passage against another of any kind.
    `facts` are what it says (identifiers, patterns, words asked for), each with its weight in the same
    units: a fact counts once over all passages that are kept, so a second mention adds nothing.
    What lies between the passages of a block always stays.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    start: int
    end: int
    value: float = 0.0
    facts: Mapping[str, float] = field(default_factory=dict)
