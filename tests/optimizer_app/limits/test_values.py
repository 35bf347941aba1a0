"""Bounds as values."""

from __future__ import annotations

import pytest

from optimizer_app.limits.values import Limits, NoModelPattern, model_patterns


@pytest.mark.parametrize(
    ("allowed", "model", "may"),
    [
        ((), "anything", True),
        (("gpt-4o",), "gpt-4o", True),
        (("gpt-4o",), "gpt-4o-mini", False),
        (("gpt-4o*", "claude-*"), "claude-sonnet-4-5", True),
        (("gpt-4o*",), "", False),
    ],
)
def test_models_are_allowed_by_name(allowed: tuple[str, ...], model: str, may: bool) -> None:
    assert Limits(allowed_models=allowed).allow(model) is may


def test_lines_become_names() -> None:
    assert model_patterns(["gpt-4o ", "", "claude-*", "gpt-4o"]) == ["gpt-4o", "claude-*"]


@pytest.mark.parametrize("line", ["two words", "gpt-[45]", "gpt-?", "x" * 201])
def test_what_is_no_name_is_refused(line: str) -> None:
    with pytest.raises(NoModelPattern, match="is no model's name"):
        model_patterns([line])


def test_too_many_names_are_refused() -> None:
    with pytest.raises(NoModelPattern, match="51 models are too many"):
        model_patterns([f"model-{number}" for number in range(51)])
