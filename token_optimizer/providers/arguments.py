"""The arguments of an SDK's `create` as the request body that they become."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# What the SDKs take beside the fields of the body.
TRANSPORT_ARGUMENTS = frozenset({"extra_headers", "extra_query", "extra_body", "timeout"})


def body_of(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are sent, as plain data; "not given" markers and classes are left out."""
    return {
        name: plain(value)
        for name, value in kwargs.items()
        if name not in TRANSPORT_ARGUMENTS and _is_data(value)
    }


def plain(value: Any) -> Any:
    """Data as the SDKs would send it: their models and iterables (generators too) as dicts and lists.

    What is neither, such as a file to upload, stays as it is for the SDK to deal with.
    """
    if value is None or isinstance(value, str | bytes | int | float):
        return value
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if _is_model(value):
        return value.model_dump(mode="json", exclude_unset=True, by_alias=True)
    if isinstance(value, Iterable) and not hasattr(value, "read"):
        return [plain(item) for item in value]
    return value


def _is_data(value: Any) -> bool:
    if isinstance(value, type):
        return False
    return value is None or isinstance(value, str | int | float | Iterable) or _is_model(value)


def _is_model(value: Any) -> bool:
    """Whether it is an answer of an SDK or a part of one. The library itself does not need pydantic."""
    return callable(getattr(value, "model_dump", None))
