"""The cases of a folder: prompts with the texts that must stay in them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from token_optimizer.cli.errors import InputError
from token_optimizer.cli.reading import body_dialect
from token_optimizer.models import Dialect

_BODY_FIELDS = ("model", "instructions", "system", "messages", "input", "tools")
_PATTERNS = ("*.json", "*.jsonl", "*.jsonl.gz")

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A prompt, and the items that must stay, each with one or more wordings in `any`. Cases of one `family`
    are one row of the table."""

    name: str
    family: str
    body: Mapping[str, Any]
    dialect: Dialect
    must_stay: Sequence[Item]
    documents: Sequence[Mapping[str, Any]] | None = None
    question: str | None = None
    budget_tokens: int | None = None


def cases_of(name: str) -> Iterator[Case]:
    """The cases of a file or of all files of a folder, in order of name; InputError for what is no case."""
    for file in case_files(name):
        for number, data in enumerate(_records(file), 1):
            yield case_of(_value(data, f"{file}:{number}"), f"{file}:{number}")


def case_files(name: str) -> list[Path]:
    """The files of cases; InputError where there are none."""
    path = Path(name)
    if path.is_file():
        return [path]
    found = sorted(file for pattern in _PATTERNS for file in path.rglob(pattern))
    if not found:
        raise InputError(f"{name}: no {', '.join(_PATTERNS)} in it")
    return found


def _records(file: Path) -> Iterator[bytes]:
    """A JSON file holds one case, the others one on each line."""
    try:
        if file.suffix == ".json":
            yield file.read_bytes()
            return
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            yield from (line for line in lines if line.strip())
    except OSError as error:
        raise InputError(f"{file}: {(error.strerror or type(error).__name__).lower()}") from error


def _value(data: bytes, place: str) -> Mapping[str, Any]:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{place}: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{place}: a case is an object, not {type(value).__name__}")
    return value


def case_of(value: Mapping[str, Any], place: str) -> Case:
    """The case that an object of a file describes; `place` names it in errors."""
    body = _body(value, place)
    name = str(value.get("name") or value.get("id") or Path(place.rpartition(":")[0]).stem)
    return Case(
        name=name,
        family=str(value.get("family") or name),
        body=body,
        dialect=body_dialect(body),
        must_stay=_items(value, place),
        documents=value.get("documents"),
        question=value.get("question", value.get("query")),
        budget_tokens=value.get("budget_tokens"),
    )


def _body(value: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    body = value.get("body") or {name: value[name] for name in _BODY_FIELDS if value.get(name) is not None}
    if isinstance(value.get("text"), str):
        body = {**body, "messages": [{"role": "user", "content": value["text"]}]}
    if not isinstance(body, dict) or not ("messages" in body or "input" in body):
        raise InputError(f"{place}: a case has its prompt in body, messages, input or text")
    return body


def _items(value: Mapping[str, Any], place: str) -> list[Item]:
    """`needs` are texts; `must_retain` has items with several wordings, as our own benchmarks do."""
    needs, items = value.get("needs") or [], value.get("must_retain") or []
    if not isinstance(needs, list) or not all(isinstance(need, str) and need for need in needs):
        raise InputError(f"{place}: needs is a list of texts")
    if not isinstance(items, list) or not all(isinstance(item, dict) and item.get("any") for item in items):
        raise InputError(f"{place}: must_retain is a list of objects with the wordings in any")
    return [*({"any": [need]} for need in needs), *items]
