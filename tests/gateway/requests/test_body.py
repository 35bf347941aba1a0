"""Bodies that are JSON, and more than anybody sends."""

from __future__ import annotations

import pytest

from gateway.errors import BadRequest
from gateway.requests import body
from gateway.requests.body import has_too_many_values, parsed_object


def test_values_are_bounded_and_commas_in_texts_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "MAX_VALUES", 100)
    with pytest.raises(BadRequest, match="more than 100 values"):
        parsed_object(b'{"x":[' + b"[]," * 100 + b"[]]}")
    assert parsed_object(b'{"x":"' + b"a,[{" * 100 + b'\\","}')[1]
    assert not has_too_many_values(b'"' * 1_000)


def test_a_large_integer_in_a_deep_body_goes_as_it_came() -> None:
    deep = b'{"x":' + b"[" * 990 + b"123456789012345678901234567890" + b"]" * 990 + b"}"
    assert parsed_object(deep)[1] is False
