"""What the optimizer is given from outside: what it remembers, finds and may take in time.

The protocols say what a memory, a store of documents and one of precompressions can do, and the values beside
them are what passes through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol, Self

from token_optimizer.models import BlockType, Kind, Marker, Origin, SentRead, value_class
from token_optimizer.prompt_cache.rules import CacheRules
from token_optimizer.runtime.latency import Latency

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
    """A block that was put before the `place`-th block of its message, and `why`, by which stage."""

    id: str
    place: int
    content: str
    type: BlockType
    why: str
    origin: Origin
    markers: tuple[Marker, ...] = ()


@value_class
class SentMessage:
    """What one message was sent as. `system` and `tools` are what stood outside of the messages when the
    conversation's opening message came, and `ended` says that a request ended with this message.

    `unchanged`: it goes as it comes, however its text is parted, and so do the tools. It came from here.
    `reads` are what was read back up to here, under a key of their own. `conversation` stands where a request
    ended: the id of the trace with which its conversation began.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    blocks: tuple[SentBlock, ...] = ()
    added: tuple[AddedBlock, ...] = ()
    gone: bool = False
    tools: tuple[SentBlock, ...] = ()
    ended: bool = False
    unchanged: bool = False
    reads: tuple[SentRead, ...] = ()
    conversation: str = ""
    system: tuple[SentBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class CachePrices:
    """US dollars a token: `read_usd` for input found in the provider's cache, `write_usd` for input that is
    not there yet, which some providers ask more for than the list price, `input_usd`; `hour_write_usd` for
    what is kept for an hour, None where nobody said."""

    read_usd: float
    write_usd: float
    input_usd: float = 0.0
    hour_write_usd: float | None = None

    @property
    def has_discount(self) -> bool:
        """Whether cached input costs less than new."""
        return 0 < self.read_usd < self.write_usd


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a caller knows better of a model than genai-prices and the providers' documentation, which hold
    where it says nothing. `context_window` is in tokens."""

    cache_prices: CachePrices | None = None
    context_window: int | None = None
    cache_rules: CacheRules | None = None


NO_FACTS = ModelFacts()


class Memory(Protocol):
    """Where sent messages are remembered, by key. It may forget any of them at any time."""

    def get_many(self, keys: Sequence[str]) -> list[SentMessage | None]: ...

    def set_many(self, messages: Mapping[str, SentMessage]) -> None: ...


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage of a stored document. `score` says how well it fits, the higher the better; `why` how it was
    found, in a few words; `similarity` is the cosine to the question, None where nobody compared it.
    Vectors are of one model."""

    id: str
    content: str
    source: str = ""
    score: float = 0.0
    similarity: float | None = None
    why: str = ""
    vector: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """What a retriever found, best first, and what the trace says of it: whether it `ran`, the `reason` where
    it did not, or not as it should, and the milliseconds that it took."""

    passages: Sequence[RetrievedPassage] = ()
    status: Literal["ran", "skipped", "failed"] = "ran"
    reason: str = ""
    ms: float = 0.0

    @property
    def version(self) -> str:
        """Stands for what was found: the same question with the same passages comes out the same."""
        ids = "\n".join(passage.id for passage in self.passages)
        return hashlib.blake2b(ids.encode(), digest_size=16).hexdigest() if ids else ""


class Retriever(Protocol):
    """Finds passages in a store. It may raise StageSkipped, whose message says why there are none."""

    def passages(self, query: str, top_k: int) -> RetrievalResult: ...


@dataclass(frozen=True, slots=True)
class CompressionKey:
    """Names one compression: the sha256 of the original text, the compressor's model, and the rate, which is
    the share of the tokens to keep."""

    content_hash: str
    compressor: str
    rate: float

    @classmethod
    def of(cls, text: str, compressor: str, rate: float) -> Self:
        """The key of a text for this compressor at this rate."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(digest, compressor, round(rate, 2))


@dataclass(frozen=True, slots=True)
class PrecompressedText:
    """A precompressed text, and its faithfulness from 0 to 1."""

    text: str
    score: float


class PrecompressionStore(Protocol):
    """The precompressions of one project."""

    def find(self, keys: Sequence[CompressionKey]) -> Mapping[CompressionKey, PrecompressedText]:
        """Those that exist, in one lookup; none where the store cannot be reached."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What one request may use besides its own body. All of it may be left out.

    `memory` knows what conversations were sent as; `secret` sets those of one owner apart from others'.
    `retriever` looks for passages of stored documents; `found` has them where the caller has looked already.
    `latency` is the time there is, which began already; None is the config's `max_latency_ms` from now on.
    `trace_id` names the request in its trace; empty stands for a new UUIDv7.
    `answers_read_back`: the sender answers the model's calls of `read_back`, and the client never sees them.
    `with_texts`: the result is to hold the text of every block, before and after.
    `with_segments`: the statistics are to hold the segments of the original, by which the caller can tell
    what the provider's cache would have had of it.
    `facts` are those of the request's model that the caller knows better.
    `remembers_later`: what is sent is remembered by the caller, once it is on its way. `tells_later`: what
    the statistics say of a prompt that goes as it came may be told then, too.
    `max_new_bytes`: NotShort is raised unless the prompt is the next turn of a conversation whose last turn
    this process holds, no more of it is new, and it needs neither a compaction nor compression. `may_branch`:
    nor where it is one of these but for its newest message.
    """

    memory: Memory | None = None
    secret: str = field(default="", repr=False)
    retriever: Retriever | None = None
    found: RetrievalResult | None = None
    precompressions: PrecompressionStore | None = None
    latency: Latency | None = None
    trace_id: str = ""
    answers_read_back: bool = False
    with_texts: bool = False
    with_segments: bool = False
    facts: ModelFacts = NO_FACTS
    remembers_later: bool = False
    tells_later: bool = False
    max_new_bytes: int | None = None
    may_branch: bool = False


NO_PORTS = Ports()
