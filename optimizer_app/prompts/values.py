"""Values of variables, checked by their kinds, as the texts that stand in their place."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from optimizer_app.prompts.errors import ValuesRefused
from optimizer_app.prompts.template import Kind, Variable
from token_optimizer.optimizer.formats.talk import document_text

MAX_DOCUMENTS = 1_000


def texts_of(variables: Iterable[Variable], values: Mapping[str, Any]) -> dict[str, str]:
    """The text of every variable, of its default where no value was given. ValuesRefused names them all."""
    by_name = {variable.name: variable for variable in variables}
    problems = {name: "is no variable of this template" for name in values if name not in by_name}
    texts = {}
    for name, variable in by_name.items():
        value = values.get(name, variable.default)
        try:
            texts[name] = text_of(variable, value)
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        raise ValuesRefused(problems)
    return texts


def text_of(variable: Variable, value: Any) -> str:
    """The text of a value; ValueError says what it must be."""
    if value is None:
        raise ValueError(f"is missing: it must be {EXPECTED[variable.kind]}")
    return _TEXTS[variable.kind](variable, value)


def _text(variable: Variable, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def _number(variable: Variable, value: Any) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError("must be a number")
    return json.dumps(value)


def _choice(variable: Variable, value: Any) -> str:
    if value not in variable.choices:
        raise ValueError(f"must be one of {', '.join(variable.choices)}")
    return str(value)


def _documents(variable: Variable, value: Any) -> str:
    if not isinstance(value, list) or not all(_is_document(item) for item in value):
        raise ValueError(f"must be {EXPECTED[Kind.DOCUMENTS]}")
    if len(value) > MAX_DOCUMENTS:
        raise ValueError(f"has more than {MAX_DOCUMENTS:,} documents")
    whole = (item if isinstance(item, dict) else {"text": item} for item in value)
    return "".join(document_text(number, item) for number, item in enumerate(whole)).rstrip("\n")


def _is_document(item: Any) -> bool:
    if isinstance(item, str):
        return True
    fields = item if isinstance(item, dict) else {}
    return isinstance(fields.get("text"), str) and isinstance(fields.get("title", ""), str)


def _json(variable: Variable, value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except RecursionError:
        raise ValueError("is nested too deeply") from None


EXPECTED: Mapping[Kind, str] = {
    Kind.TEXT: "a string",
    Kind.NUMBER: "a number",
    Kind.CHOICE: "one of its choices",
    Kind.DOCUMENTS: "a list of strings, or of objects with title and text",
    Kind.JSON: "any JSON value but null",
}
_TEXTS: Mapping[Kind, Callable[[Variable, Any], str]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.CHOICE: _choice,
    Kind.DOCUMENTS: _documents,
    Kind.JSON: _json,
}
