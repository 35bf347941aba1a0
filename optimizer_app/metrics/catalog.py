"""Every metric of the instance. `docs/metrics.md` has the same table, and a test holds it to that.

Counters and histograms are sums in the database, gauges are looked up when they are asked for. No label takes
whatever a client sends: projects, providers and stages are ours, and models are those that have a price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PREFIX = "token_optimizer_"
OTHER_MODEL = "other"
# Sums that are stored go by these bounds: a histogram with other ones needs another name.
SHORT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
LONG_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric with its labels; `bounds` are those of a histogram's buckets, without the last one."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()

    @property
    def is_by_project(self) -> bool:
        """Whether its first label is the project."""
        return self.labels[:1] == ("project",)

    @property
    def width(self) -> int:
        """How many sums each of its series has: of a histogram its buckets, and the sum of what was seen."""
        return len(self.bounds) + 2 if self.kind == "histogram" else 1


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(PREFIX + name, "counter", text, labels)


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(PREFIX + name, "gauge", text, labels)


def _seconds(name: str, text: str, bounds: tuple[float, ...], *labels: str) -> Metric:
    return Metric(PREFIX + name, "histogram", text, labels, bounds)


_OF_MODEL = ("project", "provider", "model")

REQUESTS = _counter(
    "requests_total", "Requests that left a trace, by how they ended.", *_OF_MODEL, "dialect", "status",
    "status_class",
)  # fmt: skip
TOKENS_BEFORE = _counter("prompt_tokens_before_total", "Tokens of prompts as they came.", *_OF_MODEL)
TOKENS_AFTER = _counter("prompt_tokens_after_total", "Tokens of prompts as they were sent.", *_OF_MODEL)
TOKENS_SAVED = _counter(
    "prompt_tokens_saved_total", "Tokens that prompts were made smaller by; growth is left out.", *_OF_MODEL
)
TOKENS_BILLED = _counter(
    "billed_tokens_total",
    "Tokens that providers billed: `input` has those of `cached` and `cache_write`, too; and `output`.",
    *_OF_MODEL,
    "kind",
)
USD_BILLED = _counter(
    "billed_usd_total", "US dollars that providers billed, where a price is known.", *_OF_MODEL
)
USD_SAVED = _counter(
    "saved_usd_total",
    "US dollars saved by requests that cost less than they would have without us.",
    *_OF_MODEL,
)
USD_LOST = _counter(
    "lost_usd_total",
    "US dollars lost by requests that cost more than they would have without us.",
    *_OF_MODEL,
)
OPTIMIZER_CACHE_HITS = _counter(
    "optimizer_cache_hits_total", "Prompts that were optimized before, and sent as they were then.", "project"
)
RESPONSE_CACHE_HITS = _counter(
    "response_cache_hits_total", "Requests that were answered with an earlier answer.", "project"
)
FALLBACKS = _counter("fallbacks_total", "Requests whose optimized prompt was not used.", "project")
COMPACTIONS = _counter("compactions_total", "Conversations whose earlier turns were rewritten.", "project")
READ_BACKS = _counter(
    "read_backs_total", "Calls by which a model read back what a stage had cut.", "project", "stage", "found"
)
RE_READS = _counter(
    "re_reads_total",
    "Tools that a model called again after a stage had cut their result.",
    "project",
    "stage",
)
WHY_NOT = _counter("not_smaller_total", "Requests that were not made smaller, and why.", "project", "reason")
STAGE_TOKENS_CUT = _counter("stage_tokens_cut_total", "Tokens that a stage cut.", "stage")
STAGE_RUNS = _counter("stage_runs_total", "Stages of the pipeline, by how they ended.", "stage", "status")
PROVIDER_ERRORS = _counter(
    "provider_errors_total",
    "Requests that were sent to a provider and ended in an error; 200 is one within a stream.",
    "provider",
    "code",
)
PROVIDER_ATTEMPTS = _counter(
    "provider_attempts_total",
    "Attempts at providers, by status; `none`: no answer, or not asked as its circuit is open.",
    "provider",
    "code",
)
LIMITED = _counter(
    "limited_total", "Requests that were refused with a 429 of ours, by limit.", "project", "limit"
)
OPTIMIZING_SECONDS = _seconds(
    "optimization_duration_seconds", "Time that the optimizer added.", SHORT_SECONDS, "route"
)
STAGE_SECONDS = _seconds("stage_duration_seconds", "Time of a stage that ran.", SHORT_SECONDS, "stage")
FIRST_BYTE_SECONDS = _seconds(
    "provider_first_byte_seconds",
    "Time until a provider began to answer, attempts that failed included.",
    LONG_SECONDS,
    "provider",
)
PROVIDER_SECONDS = _seconds(
    "provider_duration_seconds", "Time until a provider's answer was whole.", LONG_SECONDS, "provider"
)
REQUEST_SECONDS = _seconds(
    "request_duration_seconds", "Time from a request's arrival to its end.", LONG_SECONDS, "dialect"
)

BUILD_INFO = _gauge("build_info", "1, with the version.", "version", "python")
VALKEY_UP = _gauge("valkey_up", "Whether Valkey answers; without it queues and heartbeats are not known.")
PROVIDER_CIRCUIT = _gauge(
    "provider_circuit_state", "0: a provider is asked; 1: one request tries it; 2: not asked.", "project",
    "provider",
)  # fmt: skip
JOURNAL_BYTES = _gauge("journal_bytes", "Finished requests that are not stored yet.", "machine")
JOURNAL_OLDEST = _gauge(
    "journal_oldest_seconds", "Age of the oldest file of the journal that is not stored yet.", "machine"
)
JOURNAL_REJECTED = _gauge(
    "journal_rejected_files", "Files of lines that the database refused, set aside.", "machine"
)
QUEUE_TASKS = _gauge("queue_tasks", "Tasks that wait for a background worker.", "queue")
WORKER_SEEN = _gauge(
    "worker_last_seen_timestamp_seconds",
    "When a background worker last took a task of the queue, or the schedule was last at it.",
    "queue",
)
DOCUMENTS_WAITING = _gauge("documents_waiting", "Documents that are not read and embedded yet.")
DOCUMENTS_OLDEST = _gauge("documents_oldest_seconds", "Time since the oldest of them last got on.")
PRECOMPRESSIONS_WAITING = _gauge("precompressions_waiting", "Texts that wait for precompression.")
PRECOMPRESSIONS_OLDEST = _gauge("precompressions_oldest_seconds", "Age of the oldest of them.")
EVENTS_WAITING = _gauge("events_waiting", "Events that a receiver has not taken yet.")
EVENTS_OLDEST = _gauge("events_oldest_seconds", "Age of the oldest of them.")
EVENTS_SET_ASIDE = _gauge("events_set_aside", "Events that were given up until somebody resends them.")
TRACES_UNCOPIED = _gauge("traces_uncopied", "Traces that ClickHouse has not got yet, where there is one.")
TRACES_UNCOPIED_OLDEST = _gauge("traces_uncopied_oldest_seconds", "Age of the oldest of them.")

METRICS = tuple(found for found in tuple(vars().values()) if isinstance(found, Metric))
STORED = {metric.name: metric for metric in METRICS if metric.kind != "gauge"}
