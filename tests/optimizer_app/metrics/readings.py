"""What a page of metrics says."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


def reading(page: str, name: str, **labels: str) -> float:
    """The sum of the samples that have these labels; names are without the product's."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == f"token_optimizer_{name}" and labels.items() <= sample.labels.items()
    )
