"""Cases, what the optimizer makes of them, and the figures of a family of cases."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import toktok

from benchmarks.cases.validity import content_text, message_texts, new_faults
from token_optimizer.cli.bench.matching import Haystack

Case = Mapping[str, Any]
Compress = Callable[..., Mapping[str, Any]]

_ENCODING = "o200k_base"
# What a case may be over its budget: counters differ in what they take a message to cost.
_OVERSHOOT = 1.05
_MESSAGE_TOKENS = 4
_CALL_TOKENS = 8
_DOCUMENT_TOKENS = 4


@dataclass(frozen=True, slots=True)
class CaseScore:
    """What became of one case."""

    id: str
    family: str
    tokens_before: int
    tokens_after: int
    budget_tokens: int | None
    items: int
    missed: tuple[str, ...]
    faults: tuple[str, ...]
    latency_ms: float

    @property
    def recall(self) -> float:
        """The share of items that are still there."""
        return (self.items - len(self.missed)) / self.items if self.items else 0.0

    @property
    def fits(self) -> bool:
        """Whether it is within its budget; true where it has none."""
        return self.budget_tokens is None or self.tokens_after <= _OVERSHOOT * self.budget_tokens


@dataclass(frozen=True, slots=True)
class FamilyScore:
    """The figures of a family: shares in percent, `in_budget` None where no case has a budget."""

    family: str
    cases: int
    tokens: int
    reduction: float
    macro_recall: float
    full: float
    valid: float
    in_budget: float | None
    ms_per_1k: float


def load_cases(path: Path) -> Iterator[Case]:
    """The cases of a .jsonl or .jsonl.gz file, or of every such file of a folder in order of name."""
    files = sorted(path.glob("*.jsonl*")) if path.is_dir() else [path]
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open() as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def score_case(case: Case, compress: Compress) -> CaseScore:
    """Compress one case within its own budget and look at what is left."""
    given = copy.deepcopy({name: case.get(name) for name in ("messages", "tools", "documents")})
    started = perf_counter()
    sent = compress(**given, query=case.get("query"), budget_tokens=case.get("budget_tokens"))
    spent = (perf_counter() - started) * 1000
    haystack = Haystack(prompt_text(sent))
    missed = [item["any"][0] for item in case["must_retain"] if not haystack.holds(item)]
    return CaseScore(
        id=case["id"],
        family=case["family"],
        tokens_before=prompt_tokens(case),
        tokens_after=prompt_tokens(sent),
        budget_tokens=case.get("budget_tokens") or None,
        items=len(case["must_retain"]),
        missed=tuple(missed),
        faults=tuple(new_faults(case, sent)),
        latency_ms=spent,
    )


def family_scores(scores: Iterable[CaseScore]) -> list[FamilyScore]:
    """The figures of each family, in order of name."""
    families: dict[str, list[CaseScore]] = {}
    for score in scores:
        families.setdefault(score.family, []).append(score)
    return [_family_score(name, families[name]) for name in sorted(families)]


def _family_score(family: str, scores: Sequence[CaseScore]) -> FamilyScore:
    before = sum(score.tokens_before for score in scores)
    after = sum(score.tokens_after for score in scores)
    bounded = [score.fits for score in scores if score.budget_tokens]
    return FamilyScore(
        family=family,
        cases=len(scores),
        tokens=before,
        reduction=100 * (1 - after / max(1, before)),
        macro_recall=_percent([score.recall for score in scores]),
        full=_percent([not score.missed for score in scores]),
        valid=_percent([not score.faults for score in scores]),
        in_budget=_percent(bounded) if bounded else None,
        ms_per_1k=1000 * sum(score.latency_ms for score in scores) / max(1, before),
    )


def _percent(shares: Sequence[float]) -> float:
    return 100 * sum(shares) / len(shares)


def prompt_text(prompt: Mapping[str, Any]) -> str:
    """All that a model reads of a prompt, as one text."""
    texts = [text for message in prompt["messages"] for text in message_texts(message)]
    if prompt.get("tools"):
        texts.append(json.dumps(prompt["tools"], ensure_ascii=False))
    return "\n".join([*texts, *map(_document_text, prompt.get("documents") or ())])


def prompt_tokens(prompt: Mapping[str, Any]) -> int:
    """The size of a prompt as the format of the cases counts it."""
    texts = [text for message in prompt["messages"] for text in message_texts(message)]
    if prompt.get("tools"):
        texts.append(json.dumps(prompt["tools"], ensure_ascii=False, separators=(",", ":")))
    documents = [_document_text(document) for document in prompt.get("documents") or ()]
    calls = sum(len(message.get("tool_calls") or ()) for message in prompt["messages"])
    framing = _MESSAGE_TOKENS * len(prompt["messages"]) + _CALL_TOKENS * calls
    return sum(toktok.batch_count(texts + documents, _ENCODING)) + framing + _DOCUMENT_TOKENS * len(documents)


def _document_text(document: Any) -> str:
    if not isinstance(document, Mapping):
        return str(document)
    return f"{document.get('title') or ''}\n{content_text(document.get('text'))}"
