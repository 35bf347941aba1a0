"""Bodies that are JSON, and more than anybody sends."""

from __future__ import annotations

import pytest

from gateway.errors import BadRequest
from gateway.requests.bodies import body
from gateway.requests.bodies.body import has_too_many_values, parsed_object


def test_values_are_bounded_and_commas_in_texts_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "MAX_VALUES", 100)
    with pytest.raises(BadRequest, match="more than 100 values"):
        parsed_object(b'{"x":[' + b"[]," * 100 + b"[]]}")
    assert parsed_object(b'{"x":"' + b"a,[{" * 100 + b'\\","}')[1]
    assert not has_too_many_values(b'"' * 1_000)


@pytest.mark.parametrize("piece", [rb"\"", rb"\\\"", b"a"])
def test_texts_longer_than_what_is_looked_at_at_a_time(monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    """Wherever the pieces end, within a text or behind it, and within an escape or behind it."""
    monkeypatch.setattr(body, "MAX_VALUES", 100)
    monkeypatch.setattr(body, "_PIECE_BYTES", 7)
    for before in range(7):
        texts = b"," * before + piece + b"," * 200
        assert parsed_object(b'{"x":"' + texts + b'","y":"' + texts + b'"}')[1]
        assert has_too_many_values(b'{"x":"' + texts + b'","y":[' + b"1," * 101 + b"1]}")


@pytest.mark.parametrize("number", ["18446744073709551616", "-9223372036854775809", "1" * 40])
@pytest.mark.parametrize("place", ['{"x":%s}', '{"x":[1, %s ]}', '{"x":\n%s,"y":1}'])
def test_integers_that_would_change(number: str, place: str) -> None:
    assert parsed_object((place % number).encode())[1] is False
    assert parsed_object((place % f'"{number}"').encode())[1] is True
    assert parsed_object((place % "18446744073709551615").encode())[1] is True


def test_a_large_integer_in_a_deep_body_goes_as_it_came() -> None:
    deep = b'{"x":' + b"[" * 990 + b"123456789012345678901234567890" + b"]" * 990 + b"}"
    assert parsed_object(deep)[1] is False
