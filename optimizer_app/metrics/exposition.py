"""Prometheus' text format, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from optimizer_app.metrics.catalog import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def exposition(found: Mapping[Metric, Sequence[tuple[Mapping[str, str], Sequence[float]]]]) -> str:
    """The metrics with their series; one without any is named all the same."""
    return "".join(f"{line}\n" for metric, series in found.items() for line in _lines(metric, series))


def _lines(metric: Metric, series: Sequence[tuple[Mapping[str, str], Sequence[float]]]) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, sums in series:
        if metric.kind == "histogram":
            yield from _histogram(metric, labels, sums)
        else:
            yield _sample(metric.name, labels, sums[0])


def _histogram(metric: Metric, labels: Mapping[str, str], sums: Sequence[float]) -> Iterator[str]:
    *buckets, total = sums
    bounds = [*map(str, metric.bounds), "+Inf"]
    for bound, up_to in zip(bounds, accumulate(buckets), strict=True):
        yield _sample(f"{metric.name}_bucket", {**labels, "le": bound}, up_to)
    yield _sample(f"{metric.name}_sum", labels, total)
    yield _sample(f"{metric.name}_count", labels, sum(buckets))


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    number = str(int(value)) if value == int(value) else repr(float(value))
    if not labels:
        return f"{name} {number}"
    pairs = ",".join(f'{label}="{text.translate(_ESCAPED)}"' for label, text in labels.items())
    return f"{name}{{{pairs}}} {number}"
