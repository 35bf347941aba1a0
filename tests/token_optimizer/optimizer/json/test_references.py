import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import any_text, check_never_worse
from token_optimizer.optimizer.heuristics import compress_json_toon
from token_optimizer.optimizer.json.references import expand_references, with_references
from token_optimizer.text.counting import token_counts

ANN = {"login": "ann", "url": "https://example.com/users/ann", "repos": "https://example.com/users/ann/repos"}
LINKS = {f"{name}_url": f"https://example.com/repos/ann/hello/{name}" for name in ("keys", "forks", "tags")}
REPO = {"id": 7, "name": "hello", "owner": ANN, **LINKS, "size": 1.50}


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def referred(value: Any) -> Any:
    text = with_references(json.dumps(value))
    assert text is not None
    assert expand_references(text) == compact(value)
    return json.loads(text)


def test_a_repeated_object_is_said_once():
    after = referred([{"owner": ANN, "sender": ANN}])
    assert after == [{"owner": ANN, "sender": {"$ref": "#/0/owner"}}]


def test_members_that_differ_stand_beside_the_reference():
    after = referred({"before": REPO, "after": {**REPO, "size": 2}})
    assert after == {"before": REPO, "after": {"$ref": "#/before", "size": 2}}


def test_references_point_to_what_is_written_out_even_from_within_a_reference():
    other = {**REPO, "owner": {**ANN, "login": "bob"}, "size": 0}
    after = referred([REPO, [other], {**other["owner"]}])
    assert after[1] == [{"$ref": "#/0", "owner": {"$ref": "#/0/owner", "login": "bob"}, "size": 0}]
    assert after[2] == {"$ref": "#/0/owner", "login": "bob"}


def test_pointers_escape_the_keys_they_pass():
    after = referred({"a/b~c": {"": ANN}, "d": ANN})
    assert after["d"] == {"$ref": "#/a~1b~0c/"}


@pytest.mark.parametrize(
    "value",
    [
        [{"owner": ANN}],
        [{"owner": {"login": "ann"}, "sender": {"login": "ann"}}],
        {"a": ANN, "b": dict(reversed(ANN.items()))},
        {"a": ANN, "b": ANN, "$ref": "#/a"},
        [{**ANN, "id": number} for number in range(9)],
    ],
    ids=["once", "small", "other order", "has references", "table"],
)
def test_nothing_is_referred_to(value):
    assert with_references(json.dumps(value)) is None


@pytest.mark.parametrize(
    "text",
    ["", "no json", '{"a":1,"a":1}', "[NaN]", '{"a":' * 100_000, "[" * 990 + "]" * 990],
)
def test_what_cannot_be_said_back_stays(text):
    assert with_references(text) is None


@pytest.mark.parametrize("key", ["\\u0024ref", "$re\\u0066", "\\u0024\\u0072ef"])
def test_an_escaped_reference_is_a_reference(key):
    text = json.dumps([{"a": REPO, "b": REPO}]).replace("login", key)
    assert with_references(text) is None


def test_a_value_that_reads_like_a_reference_is_none():
    held = {**ANN, "key": "$ref"}
    assert referred([held, [held]])[1] == [{"$ref": "#/0"}]


def test_the_rule_takes_what_counts_fewest_tokens():
    text = json.dumps([{"before": REPO, "after": {**REPO, "size": 2}, "sender": ANN}] * 3)
    after = compress_json_toon(text)
    assert "$ref" in after
    assert expand_references(after) == compact(json.loads(text))
    assert token_counts([after])[0] < 0.3 * token_counts([text])[0]
    check_never_worse(compress_json_toon, text)


keys = st.sampled_from(["id", "url", "owner", "a/b", "~", "", "$id", "long key " * 12, "ключ"])
leaves = st.sampled_from(
    [None, True, False, 0, 1, -1.5, 10**30, "", "x" * 60, 'ann\n"\\', "0"]
) | any_text.filter(lambda text: "$ref" not in text and text.isprintable())
part = st.dictionaries(keys, leaves, min_size=2, max_size=5)
repeating = st.lists(part, min_size=1, max_size=3).flatmap(
    lambda parts: st.recursive(
        st.sampled_from(parts) | leaves,
        lambda inner: st.lists(inner, max_size=7) | st.dictionaries(keys, inner, max_size=5),
        max_leaves=20,
    )
)


@given(repeating)
def test_expanding_gives_the_text_back(value):
    after = with_references(json.dumps(value))
    if after is not None:
        assert expand_references(after) == compact(value)


@given(st.lists(repeating, max_size=3))
def test_the_rule_never_makes_it_worse(value):
    check_never_worse(compress_json_toon, json.dumps(value))


def test_numbers_keep_their_exact_text():
    held = '{"n":%s,"m":1e400,"k":12345678901234567890123,"s":"' + "s" * 100 + '"}'
    text = f"[{held % '1.50'},{held % '1.5'}]"
    after = with_references(text)
    assert after is not None
    assert expand_references(after) == text
