"""The passages of a case's prose, and how likely each is the one that an item of the case needs.

Training takes no case whose source does not allow it: only MIT, Apache, BSD and CC BY, and our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.cases.scoring import Case, load_cases
from benchmarks.choice.summaries import prose, prose_kind
from tests.benchmarks.cases.made import FAMILIES as OWN_FAMILIES
from token_optimizer.cli.bench.matching import Haystack
from token_optimizer.models import Block, Kind
from token_optimizer.optimizer.compression.extractive import passages_of
from token_optimizer.text.counting import token_counts

# Families whose prose holds what is asked for; tables, logs and lists of tools have compressors of their own.
FAMILIES = ("chat_memory", "fewshot", "meeting_qa", "rag_qa", "docs_questions")
_OWN = "our own"
_OPEN = re.compile(r"\b(?:MIT|Apache|BSD|CC[- ]BY[- ]\d)", re.IGNORECASE)
_SHARED_ALIKE = re.compile(r"\bSA\b|share", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passages:
    """One case: its prose in passages, each with its tokens and `needed`, 0 to 1; `items` stand in the prose.

    `trainable` says that the licence of the source lets a model learn from it.
    """

    family: str
    case: str
    text: str
    kind: Kind
    query: str
    texts: Sequence[str]
    tokens: Sequence[int]
    needed: Sequence[float]
    items: Sequence[Mapping[str, object]]
    trainable: bool


def load_passages(data: Path, families: Sequence[str] = FAMILIES) -> list[Passages]:
    """The cases of the families, of the folder and of our own, whose prose holds an item."""
    own = (case for name in families if name in OWN_FAMILIES for case in OWN_FAMILIES[name]())
    cases = [*load_cases(data), *({**case, "licence": _OWN} for case in own)]
    found = (passages_of_case(case) for case in cases if case["family"] in families)
    return [passages for passages in found if passages.items]


def passages_of_case(case: Case) -> Passages:
    """The case in passages as the extractive summarizer makes them."""
    text = prose(case)
    kind = prose_kind(text)
    haystack = Haystack(text)
    items = [item for item in case["must_retain"] if haystack.holds(item)]
    texts = [text[span.start : span.end] for span in passages_of(Block(text, kind=kind))]
    return Passages(
        family=case["family"],
        case=case["id"],
        text=text,
        kind=kind,
        query=case.get("query") or "",
        texts=texts,
        tokens=token_counts(texts),
        needed=needed(texts, items),
        items=items,
        trainable=may_train(case.get("licence", "")),
    )


def may_train(licence: str) -> bool:
    """Whether a model may learn from texts of the licence; no where any part of it asks to share alike."""
    if licence == _OWN:
        return True
    return _OPEN.search(licence) is not None and _SHARED_ALIKE.search(licence) is None


def needed(texts: Sequence[str], items: Sequence[Mapping[str, object]]) -> list[float]:
    """For each text the chance that an item needs it: an item that several hold alone needs one of them."""
    haystacks = [Haystack(text) for text in texts]
    found = [0.0] * len(texts)
    for item in items:
        holders = [at for at, haystack in enumerate(haystacks) if haystack.holds(item)]
        holders = holders or list(_together(texts, item))
        for at in holders:
            found[at] = max(found[at], 1 / len(holders))
    return found


def _together(texts: Sequence[str], item: Mapping[str, object]) -> Iterator[int]:
    """The first two neighbours that hold the item together, where no text holds it alone."""
    for at, (first, second) in enumerate(pairwise(texts)):
        if Haystack(f"{first} {second}").holds(item):
            yield from (at, at + 1)
            return
