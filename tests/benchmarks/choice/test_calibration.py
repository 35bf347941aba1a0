"""The calibration of floors: what is cut at each, and how sure it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.choice import calibration
from tests.benchmarks.cases.made import FAMILIES


def test_it_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "FLOORS", (0.001, 0.2))
    data = tmp_path / "cases.jsonl"
    data.write_text("\n".join(json.dumps(case) for case in FAMILIES["json_lookup"]()))
    calibration.main(["--data", str(data), "--family", "json_lookup"])
    printed = capsys.readouterr().out.split("\n")
    assert printed[1] == "json_lookup: json"
    low, high = ([float(figure) for figure in line.split()] for line in printed[3:5])
    assert low[1] < high[1]
    assert low[2] == 100.0
    assert high[2] < 100.0


def test_a_mean_of_few_is_less_sure_than_one_of_many() -> None:
    assert calibration.sure_mean([1.0] * 10) == 1.0
    assert calibration.sure_mean([1.0] * 9 + [0.0]) < calibration.sure_mean(([1.0] * 9 + [0.0]) * 20) < 0.9
