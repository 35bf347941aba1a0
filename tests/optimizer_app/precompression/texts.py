"""Prose that can be compressed, and what queues it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from token_optimizer.optimizer.compression.llmlingua.compressor import EXTRACTIVE
from token_optimizer.ports import CompressionKey

if TYPE_CHECKING:
    from optimizer_app.models import Project
    from optimizer_app.precompression.accept import PrecompressionJob

RATE = 0.5
_SUBJECTS = (
    "mill",
    "bridge",
    "school",
    "harbour",
    "library",
    "station",
    "tower",
    "market",
    "garden",
    "quarry",
)


def prose(number: int = 0) -> str:
    """Some sentences, others for each number."""
    sentences = [
        f"The old {subject} of village {number} was built of stone by people who came from the coast. "
        f"It was cold there in winter, and the road to it was long. "
        f"In {1800 + 7 * place} the {subject} closed for good, and {place + 2} families left."
        for place, subject in enumerate(_SUBJECTS)
    ]
    return " ".join(sentences)


def key_of(text: str) -> CompressionKey:
    return CompressionKey.of(text, EXTRACTIVE, RATE)


def wanted(project: Project, text: str, **fields: Any) -> PrecompressionJob:
    """The text as a request wants it, whatever score it will have."""
    from optimizer_app.precompression.accept import PrecompressionJob

    values: dict[str, Any] = {"compressor": EXTRACTIVE, "rate": RATE, "threshold": 0.0, **fields}
    return PrecompressionJob(project.pk, text, **values)
