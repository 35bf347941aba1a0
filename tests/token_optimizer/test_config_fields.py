"""The fields as forms and documentation describe them are those that OptimizerConfig has and checks."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from token_optimizer.config import OptimizerConfig
from token_optimizer.config_fields import FIELDS, GROUPS, ConfigField, Kind, Scope
from token_optimizer.errors import ConfigError

DOCUMENT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
DEFAULTS = OptimizerConfig()
NUMBERS = (Kind.WHOLE, Kind.DECIMAL)
BOUNDED = [
    field
    for field in FIELDS.values()
    if field.kind in NUMBERS and field.scope is Scope.EVERYWHERE and not field.key
]
# A table's cell cannot hold a pattern with a bar in it.
SHOWN_DEFAULTS = {"junk_regexes": "two patterns"}


def row_of(name: str) -> list[str]:
    """The cells of the field's row in the documentation."""
    found = re.search(rf"^\| `{name}` \|(.*)\|$", DOCUMENT, re.MULTILINE)
    assert found, f"docs/configuration.md has no row of {name}"
    return [cell.strip() for cell in found[1].split("|")]


def test_every_field_is_described_once_in_a_group_of_the_form() -> None:
    assert set(FIELDS) == {item.name for item in dataclasses.fields(OptimizerConfig)}
    assert {field.group for field in FIELDS.values()} == set(GROUPS)
    assert len({field.title for field in FIELDS.values()}) == len(FIELDS)


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_the_documentation_says_what_the_form_says(field: ConfigField) -> None:
    title, default, measure, meaning = row_of(field.name)
    value = getattr(DEFAULTS, field.name)
    written = value if isinstance(value, str) else json.dumps(value)
    shown = "empty" if value in (None, "", [], {}) else f"`{written}`"
    assert title == field.title
    assert default.startswith(SHOWN_DEFAULTS.get(field.name, shown))
    scope = "" if field.scope is Scope.EVERYWHERE else field.scope
    assert measure.replace("`", "") == ", ".join(filter(None, (*field.choices, field.measure, scope)))
    assert meaning.replace("`", "").startswith(field.effect)


def test_the_kind_of_a_field_is_that_of_its_default() -> None:
    types = {
        Kind.FLAG: bool,
        Kind.WHOLE: int,
        Kind.DECIMAL: (float, int),
        Kind.CHOICE: str,
        Kind.TEXT: str,
        Kind.LINES: list,
        Kind.PAIRS: dict,
    }
    for field in FIELDS.values():
        value = getattr(DEFAULTS, field.name)
        value = value[field.key] if field.key else value
        assert (value is None and field.optional) or isinstance(value, types[field.kind]), field.name


@pytest.mark.parametrize("field", BOUNDED, ids=lambda field: field.name)
def test_the_range_is_the_one_that_is_checked(field: ConfigField) -> None:
    least = field.minimum or 0
    OptimizerConfig.from_fields({field.name: least})
    for beyond in [least - 1] + ([field.maximum + 1] if field.maximum is not None else []):
        with pytest.raises(ConfigError, match=field.name):
            OptimizerConfig.from_fields({field.name: beyond})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enable_tools", "yes"),
        ("target_model", ""),
        ("vector_topk_per_type", 30),
        ("vector_topk_per_type", {"doc": -1}),
        ("per_type_budget_fraction", {"doc": 1.5}),
        ("junk_regexes", ["a"] * 101),
        ("directive_keywords", ["A" * 51]),
        ("tool_allowlist", ["A" * 2001]),
    ],
)
def test_a_value_of_another_kind_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        OptimizerConfig.from_fields({name: value})
