"""The data that travels through the optimizer: blocks, prompts, fates and results."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypeVar, dataclass_transform

Dialect = Literal["openai", "anthropic", "responses"]
Fate = Literal["kept", "rewritten", "dropped", "added"]
StageStatus = Literal["ran", "skipped", "failed"]
Path = tuple[str | int, ...]
Quoting = Literal["", "ascii", "unicode"]
_T = TypeVar("_T")
COMPRESS_STAGE = "compress"
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


MarkerKind = Literal["cut", "copy", "repeat", "source"]


@dataclass(frozen=True, slots=True)
class Marker:
    """What this optimizer wrote into a block's text, from `start` to `end`.

    A `cut` stands for text that is gone, a `copy` for text that stands elsewhere in the prompt, too, and a
    `repeat` for what is written out in it or beside it, so many times in a row. A `source` says where text
    comes from that was added: it stands for nothing. `count` is how many of the `unit` the marker stands for;
    the `handle` is a number that names what is gone, and nothing else in the prompt. `copy_of` is the id of
    the block in which a copy stands.
    """

    start: int
    end: int
    kind: MarkerKind
    unit: str = ""
    count: int = 0
    handle: int = 0
    copy_of: str = ""


class Wrapper(NamedTuple):
    """What stands around a block's content in its text: a document's tags, or the members of a JSON object
    whose string the content is.

    `lead` parts it from what comes before, `before` and `after` go where the content goes; `quoting` says
    how the content is written: as it is, or as the inside of a JSON string, in ASCII alone or not.
    """

    lead: str = ""
    before: str = ""
    after: str = ""
    quoting: Quoting = ""

    def around(self, content: str, *, is_marker: bool = False) -> str:
        """The text as it is written; a marker in the place of all of it stands by itself."""
        if not content:
            return ""
        if not is_marker:
            return f"{self.lead}{self.before}{quoted(content, self.quoting)}{self.after}"
        return (
            f'{self.lead}"{quoted(content.strip(), self.quoting)}"' if self.quoting else self.lead + content
        )


def quoted(text: str, quoting: Quoting) -> str:
    """The text as it stands inside of a JSON string, or as it is where nothing is quoted."""
    return json.dumps(text, ensure_ascii=quoting == "ascii")[1:-1] if quoting else text


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def _value(cls: type[_T]) -> type[_T]:
    """A slotted dataclass whose fields type checkers hold to be frozen: to freeze them at run time would
    double the time that a block takes to make, and a request makes thousands."""
    return dataclass(slots=True)(cls)


@_value
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
        return self.wrapper.around(self.content, is_marker=self._is_marker())

    @property
    def is_users_prose(self) -> bool:
        """Whether it is prose of a user, own words or handed-over ones."""
        return self.type is BlockType.USER and self.kind is Kind.PROSE and not self.tool_result

    def _is_marker(self) -> bool:
        """Whether the content is nothing but the marker of a cut."""
        if len(self.markers) != 1 or self.markers[0].kind != "cut":
            return False
        start, end = self.markers[0].start, self.markers[0].end
        return not (self.content[:start].strip() or self.content[end:].strip())

    def __post_init__(self) -> None:
        if type(self.type) is not BlockType:
            object.__setattr__(self, "type", BlockType(self.type))

    def __copy__(self) -> Block:
        """A shallow copy, in a tenth of the time that the copy module takes for a slotted class."""
        return Block(*_FIELDS(self))

    def but(self, **changes: Any) -> Block:
        """The block with these fields changed: what `dataclasses.replace` gives, in a fifth of its time."""
        new = self.__copy__()
        for name, value in changes.items():
            setattr(new, name, value)
        return new


_FIELDS = attrgetter(*(item.name for item in fields(Block)))
_TOKENS = attrgetter("tokens")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a block's text, from `start` to `end`, that may be left out when the budget is tight.

    `value` is what it is worth by itself, about 0..1 for one passage against another of any kind.
    `facts` are what it says (identifiers, patterns, words asked for), each with its weight in the same
    units: a fact counts once over all passages that are kept, so a second mention adds nothing.
    What lies between the passages of a block always stays.
    """

    start: int
    end: int
    value: float = 0.0
    facts: Mapping[str, float] = field(default_factory=dict)


class Slot(NamedTuple):
    """Where a text stands in a request body: `("messages", 3, "content", 0, "text")`."""

    path: Path
    role: str


@dataclass(frozen=True, slots=True)
class ParsedMessages:
    """The leading `count` messages of a body, and the system text before them, as read on an earlier turn."""

    count: int = 0
    slots: tuple[Slot, ...] = ()
    blocks: tuple[Block, ...] = ()


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


@dataclass(frozen=True, slots=True)
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
    the answer, as the coming turns read them.
    """

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

    @property
    def tokens(self) -> int:
        """Tokens of the whole request, as its blocks were counted."""
        return sum(map(_TOKENS, self.blocks))


class BlockFate(NamedTuple):
    """What happened to one block, as the pipeline saw it. A tuple: every block of every request has one.

    `faithfulness` is what a compression of it scored; it stands where `stage` is `compress`, else the block
    was kept from it.
    """

    id: str
    type: BlockType
    kind: Kind
    fate: Fate
    frozen: bool
    stage: str
    reason: str
    tokens_before: int
    tokens_after: int
    turn: int = -1
    origin: Origin = Origin.REQUEST
    utility: Mapping[str, float] | None = None
    faithfulness: float | None = None
    worth: Worth | None = None

    def as_dict(self) -> dict[str, Any]:
        """The block as `POST /v1/optimize` and the trace show it."""
        origin = {} if self.origin is Origin.REQUEST else {"origin": self.origin.value}
        utility = {} if self.utility is None else {"utility": dict(self.utility)}
        faithful = {} if self.faithfulness is None else {"faithfulness": round(self.faithfulness, 3)}
        worth = {} if self.worth is None else {"worth": self.worth.as_dict()}
        return {
            "id": self.id,
            "type": self.type.value,
            "kind": self.kind.value,
            "fate": self.fate,
            "frozen": self.frozen,
            "stage": self.stage,
            "reason": self.reason,
            "tokens_before": self.tokens_before,
            "tokens_after": self.tokens_after,
            "turn": self.turn,
            **origin,
            **utility,
            **faithful,
            **worth,
        }


def compressed_blocks(blocks: Iterable[BlockFate]) -> list[BlockFate]:
    """The blocks that this request compressed."""
    return [block for block in blocks if block.stage == COMPRESS_STAGE]


def mean_faithfulness(blocks: Iterable[BlockFate]) -> float | None:
    """What the compressed blocks scored, weighed by their tokens; None where none was compressed."""
    compressed = compressed_blocks(blocks)
    total = sum(block.tokens_before for block in compressed)
    if not total:
        return None
    return sum(block.tokens_before * (block.faithfulness or 0.0) for block in compressed) / total


@dataclass(frozen=True, slots=True)
class StageReport:
    """One stage of one request: whether it ran, how long it took, what it cut; and what its cuts cost on this
    or later turns: tokens that the model read back, and those of results that it called a tool again for."""

    name: str
    status: StageStatus
    ms: float
    tokens_cut: int = 0
    reason: str = ""
    tokens_read_back: int = 0
    tokens_re_read: int = 0

    def as_dict(self) -> dict[str, Any]:
        charged = {"tokens_read_back": self.tokens_read_back, "tokens_re_read": self.tokens_re_read}
        return {
            "name": self.name,
            "status": self.status,
            "ms": round(self.ms, 3),
            "tokens_cut": self.tokens_cut,
            "reason": self.reason,
            **{name: tokens for name, tokens in charged.items() if tokens},
        }


class ReadReport(NamedTuple):
    """One call of `read_back`: what it asked for, whether that was there, the rule that had cut it, and the
    tokens of the answer."""

    what: str
    found: bool
    stage: str
    tokens: int


class ReReadReport(NamedTuple):
    """A tool that was called again with the same arguments soon after its result was cut: the rule that had
    cut it, after how many steps the call came, and the tokens of the new result."""

    tool: str
    stage: str
    steps: int
    tokens: int


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


@dataclass(slots=True)
class OptimizationStats:
    """What one optimization did. Token counts are those of the model's tokenizer;
    `estimated` says that the model has no public one, or that images, PDFs or audio were counted by rules.

    `compacted`: what had been sent before was rewritten; `recached_tokens` of it are no longer read from the
    provider's cache on this request.
    `tokens_retrieved` of what was sent came from stored documents, in favour of which `tokens_replaced` of
    the request's own documents and old turns were left out.
    `reads` has the model's calls of `read_back`; what they brought is charged against the rule that had cut
    it. `re_reads` are the calls of tools that came again after a cut, which are charged likewise.
    """

    trace_id: str
    tokens_before: int
    tokens_after: int
    route: str = "heuristic_only"
    cache_hit: bool = False
    fallback_used: bool = False
    fallback_reason: str = ""
    faithfulness_score: float | None = None
    latency_ms: float = 0.0
    stages: list[StageReport] = field(default_factory=list)
    blocks: list[BlockFate] = field(default_factory=list)
    tools: list[dict[str, Any]] | None = None
    compacted: bool = False
    recached_tokens: int = 0
    estimated: bool = False
    over_budget: str = ""
    tokens_retrieved: int = 0
    tokens_replaced: int = 0
    reads: list[ReadReport] = field(default_factory=list)
    re_reads: list[ReReadReport] = field(default_factory=list)
    reader: Reader | None = field(default=None, repr=False, compare=False)

    def read_back(self, what: str) -> str:
        """What the marker with this handle stands for, or what was left out that holds these words: for those
        who answer the model's calls of `read_back` themselves. A LookupError where the prompt has no tool of
        that name."""
        if self.reader is None:
            raise LookupError("the prompt was optimized without reading back: set read_back to 'always'")
        read = self.reader.read(what)
        self.note_read(ReadReport(what, read.found, read.stage, read.tokens))
        return read.text

    def note_read(self, report: ReadReport) -> None:
        """Add a call of `read_back`."""
        self.reads.append(report)
        self._charge(report.stage, read_back=report.tokens)

    def note_re_read(self, report: ReReadReport) -> None:
        """Add a tool's call that came again after a cut."""
        self.re_reads.append(report)
        self._charge(report.stage, re_read=report.tokens)

    def _charge(self, name: str, read_back: int = 0, re_read: int = 0) -> None:
        """Charge tokens against the saving of a stage."""
        for at, stage in enumerate(self.stages):
            if stage.name == name:
                self.stages[at] = replace(
                    stage,
                    tokens_read_back=stage.tokens_read_back + read_back,
                    tokens_re_read=stage.tokens_re_read + re_read,
                )
                break

    @property
    def tokens_saved(self) -> int:
        return self.tokens_before - self.tokens_after

    @property
    def compression_ratio(self) -> float:
        """tokens_after / tokens_before; 1.0 for an empty prompt."""
        return self.tokens_after / self.tokens_before if self.tokens_before else 1.0

    def as_dict(self) -> dict[str, Any]:
        """`optimizer_stats` of the public contract."""
        charged: dict[str, Sequence[ReadReport | ReReadReport]] = {
            "read_back": self.reads,
            "re_reads": self.re_reads,
        }
        return {
            "trace_id": self.trace_id,
            "tokens_before": self.tokens_before,
            "tokens_after": self.tokens_after,
            "tokens_saved": self.tokens_saved,
            "tokens_retrieved": self.tokens_retrieved,
            "tokens_replaced": self.tokens_replaced,
            "compression_ratio": round(self.compression_ratio, 4),
            "route": self.route,
            "cache_hit": self.cache_hit,
            "fallback_used": self.fallback_used,
            "faithfulness_score": self.faithfulness_score,
            "latency_ms": round(self.latency_ms, 3),
            "stage_timings": {stage.name: round(stage.ms, 3) for stage in self.stages},
            **{name: [row._asdict() for row in rows] for name, rows in charged.items() if rows},
        }


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


@dataclass(slots=True)
class OptimizationResult:
    """The request body to send, and what was done to get it.

    `texts_to_precompress` are those that the conversation's next request is likely to want compressed.
    `reads_back`: the body has the tool `read_back`, whose calls the sender answers from `cuts`, which say
    what is missing of the original. `earlier_reads` are those of earlier turns, which stand in the body, and
    `read_key` is that under which the reads of this request are remembered.
    """

    body: dict[str, Any]
    stats: OptimizationStats
    changed: bool = True
    texts_to_precompress: tuple[str, ...] = ()
    reads_back: bool = False
    cuts: tuple[CutBlock, ...] = ()
    earlier_reads: tuple[SentRead, ...] = ()
    read_key: str = ""
