"""Values replaced in the text of a body."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requests.bodies.edits import with_model_named, with_system_roles

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["model", "role", 'a"', "\\", "é"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_only_the_models_bytes_change() -> None:
    raw = b'{ "a" : 1.50, "model"\t: "gpt-4o" , "messages":[{"model":"kept"}],"b":{"model":"kept"} }\n'
    assert with_model_named(raw, 'x"y') == raw.replace(b'"gpt-4o"', b'"x\\"y"')


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (rb'{"\u006dodel":"a"}', rb'{"\u006dodel":"b"}'),
        (b'{"model":"a","model":"c"}', b'{"model":"b","model":"b"}'),
        (b'{"x":"model","y":["model","a"]}', b'{"x":"model","y":["model","a"]}'),
        (b'{"model":7}', b'{"model":7}'),
        (b"\xff{no json", b"\xff{no json"),
        (b'}}]]"', b'}}]]"'),
        (b"", b""),
    ],
)
def test_odd_bodies(raw: bytes, expected: bytes) -> None:
    assert with_model_named(raw, "b") == expected


@given(st.dictionaries(st.sampled_from(["model", "x", "messages"]), JSON))
def test_what_it_says_is_the_same_but_for_the_model(body: dict[str, object]) -> None:
    raw = json.dumps(body).encode()
    expected = {**body, "model": "b"} if isinstance(body.get("model"), str) else body
    assert json.loads(with_model_named(raw, "b")) == expected


@pytest.mark.parametrize("key", ["messages", "input"])
def test_developers_become_system_messages(key: str) -> None:
    raw = (
        b'{"%s" : [{"role": "developer","content":"developer"},'
        b'{"role":"user","content":[{"role":"developer"}]}],"role":"developer"}' % key.encode()
    )
    assert with_system_roles(raw) == raw.replace(b'"developer"', b'"system"', 1)
