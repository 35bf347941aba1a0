"""Precompressed texts for the tests of their page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from optimizer_app.models import Precompression, PrecompressionHour, Project

MODEL = "microsoft/llmlingua-2-bert-base-multilingual-cased-meetingbank"


def make_precompression(project: Project, number: int, **fields: Any) -> Precompression:
    """One that is ready: 300 tokens made 150, unless said otherwise."""
    values: dict[str, Any] = {
        "key": f"{number:064x}",
        "compressor": MODEL,
        "rate": 0.5,
        "threshold": 0.85,
        "state": "done",
        "tokens_before": 300,
        "tokens_after": 150,
        "score": 0.91,
        "result": "sealed",
        "finished_at": timezone.now(),
    }
    return Precompression.objects.create(project=project, **{**values, **fields})


def make_hour(project: Project, *, age: timedelta = timedelta(), **counts: int) -> PrecompressionHour:
    hour = (timezone.now() - age).replace(minute=0, second=0, microsecond=0)
    return PrecompressionHour.objects.create(project=project, hour=hour, **counts)


def all_states(project: Project) -> list[Precompression]:
    """One of each state, and an hour in which requests looked for them and the queue was full."""
    waiting: dict[str, Any] = {
        "tokens_before": None, "tokens_after": None, "score": None, "result": None, "finished_at": None,
    }  # fmt: skip
    kinds: list[dict[str, Any]] = [
        {"tokens_before": 12_480, "tokens_after": 6_102, "hits": 14},
        {"compressor": "extractive", "hits": 1},
        {"state": "below", "score": 0.62},
        {"state": "no_gain", "score": None, "result": None, "tokens_after": 300},
        {
            **waiting,
            "state": "failed",
            "reason": "the process of LLMLingua-2 died",
            "finished_at": timezone.now(),
        },
        {**waiting, "state": "working"},
        {**waiting, "state": "queued"},
    ]
    make_hour(project, hits=1_204, misses=729, unusable=412, dropped_full=38, dropped_late=3)
    return [make_precompression(project, number, **fields) for number, fields in enumerate(kinds)]
