"""What one optimization gives: the body to send, and what was done to get it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from token_optimizer.models.fates import BlockFate, StageReport
from token_optimizer.models.reading_back import CutBlock, Reader, ReadReport, ReReadReport, SentRead
from token_optimizer.models.segments import PromptSegment
from token_optimizer.models.why_not import WhyNot


@dataclass(slots=True)
class OptimizationStats:
    """What one optimization did. Token counts are those of the model's tokenizer;
    `estimated` says that the model has no public one, or that images, PDFs or audio were counted by rules.

    `conversation` is the id of the trace with which the conversation began, empty without a memory.
    `compacted`: what had been sent before was rewritten; `recached_tokens` of it are no longer read from the
    provider's cache on this request.
    `tokens_retrieved` of what was sent came from stored documents, in favour of which `tokens_replaced` of
    the request's own documents and old turns were left out.
    `reads` has the model's calls of `read_back`; what they brought is charged against the rule that had cut
    it. `re_reads` are the calls of tools that came again after a cut, which are charged likewise.
    `why_not` is the reason where the request was not made smaller, None where it was.
    `placeholders` has what each stands for, where the config keeps secrets from the provider: for those who
    send the prompt themselves, and put them back into its answer.
    `segments` are those of the original, where they were asked for.
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
    conversation: str = ""
    tokens_retrieved: int = 0
    tokens_replaced: int = 0
    why_not: WhyNot | None = None
    reads: list[ReadReport] = field(default_factory=list)
    re_reads: list[ReReadReport] = field(default_factory=list)
    placeholders: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    reader: Reader | None = field(default=None, repr=False, compare=False)
    segments: Sequence[PromptSegment] = ()

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
                self.stages[at] = stage._replace(
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
            **({"why_not": self.why_not.value} if self.why_not else {}),
            **{name: [row._asdict() for row in rows] for name, rows in charged.items() if rows},
        }


class BlockTexts(NamedTuple):
    """The text of a block as it came and as it is sent; empty where the block is not there."""

    before: str
    after: str


@dataclass(slots=True)
class OptimizationResult:
    """The request body to send, and what was done to get it.

    `texts_to_precompress` are those that the conversation's next request is likely to want compressed.
    `reads_back`: the body has the tool `read_back`, whose calls the sender answers from `cuts`, which say
    what is missing of the original. `earlier_reads` are those of earlier turns, which stand in the body, and
    `read_key` is that under which the reads of this request are remembered. `texts` are those of the blocks
    by their ids, where they were asked for. `remember` is there where what is sent is to be remembered later:
    it completes the statistics, too, which lack the segments until then. Of a prompt that goes as it came
    they may have no more than tokens.
    """

    body: dict[str, Any]
    stats: OptimizationStats
    changed: bool = True
    texts_to_precompress: tuple[str, ...] = ()
    reads_back: bool = False
    cuts: Sequence[CutBlock] = ()
    earlier_reads: tuple[SentRead, ...] = ()
    read_key: str = ""
    texts: Mapping[str, BlockTexts] = field(default_factory=dict)
    remember: Callable[[], None] | None = field(default=None, repr=False, compare=False)
