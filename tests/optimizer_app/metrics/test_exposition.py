"""Prometheus' text format, read by Prometheus' own reader."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from optimizer_app.metrics.catalog import METRICS, Metric
from optimizer_app.metrics.exposition import exposition


def test_labels_with_anything_in_them_are_read_back() -> None:
    metric = Metric("things_total", "counter", "Things.", ("name",))
    name = 'a "quoted" \\ name\nof two lines, {ünicode}'
    (family,) = text_string_to_metric_families(exposition({metric: [({"name": name}, [2.5])]}))
    assert (family.type, family.documentation) == ("counter", "Things.")
    assert [(sample.labels, sample.value) for sample in family.samples] == [({"name": name}, 2.5)]


def test_buckets_add_up() -> None:
    metric = Metric("wait_seconds", "histogram", "Waits.", (), (0.1, 1.0))
    (family,) = text_string_to_metric_families(exposition({metric: [({}, [3, 2, 1, 7.25])]}))
    found = {(sample.name, sample.labels.get("le")): sample.value for sample in family.samples}
    assert found == {
        ("wait_seconds_bucket", "0.1"): 3,
        ("wait_seconds_bucket", "1.0"): 5,
        ("wait_seconds_bucket", "+Inf"): 6,
        ("wait_seconds_count", None): 6,
        ("wait_seconds_sum", None): 7.25,
    }


def test_one_without_series_is_named() -> None:
    text = exposition({metric: [] for metric in METRICS})
    assert text.count("# TYPE ") == len(METRICS)


def test_names_follow_the_conventions() -> None:
    for metric in METRICS:
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        assert metric.name.endswith("_seconds") or metric.kind != "histogram", metric.name
        assert metric.help.endswith("."), metric.name
