"""Whatever a body holds: it is translated, or refused with an error of ours."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.callers.routing import ProviderRoute
from gateway.errors import BadRequest
from gateway.translation.translator import CALLERS, translate
from tests.gateway.translation.features import FEATURES, PAIRS
from tests.gateway.translation.test_fidelity import NEEDED

BODIES = [
    (caller, {"model": "m", **NEEDED[caller], **feature.asks[caller]})
    for feature in FEATURES
    for caller in CALLERS
    if caller in feature.asks
]
JUNK = st.sampled_from(
    [None, 0, -1.5, True, "", "x", [], {}, [None], [5], ["x"], [{}], {"type": 7}, {"x": 1}]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


@given(st.data())
def test_a_body_with_junk_somewhere(data: st.DataObject) -> None:
    caller, body = data.draw(st.sampled_from(BODIES))
    body = copy.deepcopy(body)
    *outer, last = data.draw(st.sampled_from(places(body)[1:]))
    holder = body
    for step in outer:
        holder = holder[step]
    holder[last] = data.draw(JUNK)
    kind = data.draw(st.sampled_from([kind for own, kind in PAIRS if own == caller]))
    with suppress(BadRequest):
        orjson.dumps(translate(body, caller, ProviderRoute("p", kind)).body)


@pytest.mark.parametrize(("caller", "kind"), PAIRS)
def test_a_field_that_nobody_knows_is_refused_by_its_name(caller: Any, kind: str) -> None:
    body = {"model": "m", **NEEDED[caller], "field_of_tomorrow": 1}
    with pytest.raises(BadRequest, match=f"field_of_tomorrow cannot be sent to a provider of kind '{kind}'"):
        translate(body, caller, ProviderRoute("p", kind))


def test_a_field_within_a_message_is_named_with_its_place() -> None:
    part = {"type": "text", "text": "Hi.", "field_of_tomorrow": 1}
    body = {"model": "m", "messages": [{"role": "user", "content": [part]}]}
    with pytest.raises(BadRequest) as refused:
        translate(body, "openai", ProviderRoute("p", "gemini"))

    assert refused.value.param == "messages[0].content[0].field_of_tomorrow"


def test_fields_that_change_no_answer_are_named() -> None:
    body = {"model": "m", **NEEDED["openai"], "store": True, "metadata": {"a": "b"}, "prompt_cache_key": ""}

    assert translate(body, "openai", ProviderRoute("p", "gemini")).left_out == {"store", "metadata"}
