"""The dashboard, the alert rules and the table of metrics name what `/metrics` prints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from optimizer_app.metrics.catalog import METRICS, PREFIX, Metric
from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import LiveServer

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/prometheus"
PROMTOOL = shutil.which("promtool") or shutil.which("promtool", path=Path(sys.executable).parent)
_NAME = re.compile(rf"\b{PREFIX}\w+")
_TYPE = re.compile(r"^# TYPE (\w+) (\w+)$", re.MULTILINE)
# What Grafana fills in.
_VARIABLES = {"$__rate_interval": "5m", "$__range": "6h", "$project": ".*"}

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed; bin/test fetches it")


def run_promtool(*arguments: str, text: str = "") -> str:
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, *arguments], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def expressions() -> Iterator[str]:
    """The queries of the dashboard, as Grafana sends them."""
    for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]:
        for target in panel.get("targets", ()):
            text: str = target["expr"]
            for variable, value in _VARIABLES.items():
                text = text.replace(variable, value)
            yield text


@pytest.fixture
def page(server: LiveServer) -> str:
    answer = requests.get(f"{server.url}/metrics", timeout=PATIENCE_SECONDS)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("file", ["alerts.yml", "dashboard.json"])
def test_every_metric_that_is_named_is_printed(page: str, file: str) -> None:
    printed = set()
    for name, kind in _TYPE.findall(page):
        suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        printed.update(name + suffix for suffix in suffixes)
    named = set(_NAME.findall((FOLDER / file).read_text()))
    assert len(named) > 10
    assert named - printed == set()


def test_the_dashboard_shows_every_metric() -> None:
    text = (FOLDER / "dashboard.json").read_text()
    assert [metric.name for metric in METRICS if metric.name not in text] == []


def test_labels_that_are_named_exist() -> None:
    """Those by which the queries add up or select."""
    known = {label for metric in METRICS for label in metric.labels} | {"le", "instance", "job"}
    texts = [*expressions(), (FOLDER / "alerts.yml").read_text()]
    for text in texts:
        grouped = re.findall(r"(?:by|without) \(([^)]*)\)", text)
        named = {label.strip() for labels in grouped for label in labels.split(",")}
        named |= set(re.findall(r"[{,](\w+)(?:=|!=|=~)\"", text)) | set(re.findall(r"\$labels\.(\w+)", text))
        assert named - known == set(), text


@needs_promtool
def test_promtool_takes_the_alert_rules() -> None:
    assert "17 rules found" in run_promtool("check", "rules", str(FOLDER / "alerts.yml"))


@needs_promtool
def test_alerts_fire_when_they_should() -> None:
    run_promtool("test", "rules", str(Path(__file__).parent / "prometheus_rules.test.yml"))


@needs_promtool
def test_promtool_takes_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"query:{number}", "expr": text} for number, text in enumerate(expressions())]
    # JSON is YAML.
    path = tmp_path / "dashboard.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in run_promtool("check", "rules", str(path))


@needs_promtool
def test_promtool_takes_the_page(page: str) -> None:
    run_promtool("check", "metrics", text=page)


def test_the_documentation_has_every_metric() -> None:
    text = (ROOT / "docs/metrics.md").read_text()
    assert re.findall(rf"^\| `{PREFIX}.*$", text, re.MULTILINE) == [_row(metric) for metric in METRICS]


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |".replace("|  |", "| |")
