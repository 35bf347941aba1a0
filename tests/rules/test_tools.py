import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.tools import any_text, blocks_of_any_kind, check_pure
from token_optimizer.models import Block, BlockType, Kind
from token_optimizer.optimizer.heuristics import minimize_tool_schemas
from token_optimizer.text import token_counts

PARAMETERS = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "BookFlight",
    "description": "Everything a booking needs. Long text follows.",
    "type": "object",
    "properties": {
        "title": {
            "title": "Title",
            "type": "string",
            "enum": ["Ms", "Mr"],
            "description": "How to address. Or not.",
        },
        "description": {"type": "string", "maxLength": 20, "examples": ["a", "b"]},
        "examples": {"type": "array", "items": {"$ref": "#/$defs/leg"}, "minItems": 1},
        "seat": {
            "anyOf": [{"type": "null"}, {"type": "string", "pattern": "^[0-9]+[A-F]$", "title": "Seat"}]
        },
        "fare": {"type": "number", "minimum": 0, "default": {"title": "stays: it is data"}},
        "extras": {"type": "object", "additionalProperties": {"type": "boolean", "description": "On or off"}},
    },
    "required": ["title", "examples"],
    "additionalProperties": False,
    "$defs": {
        "leg": {
            "type": "object",
            "title": "Leg",
            "properties": {"to": {"type": "string", "format": "date", "description": "City. In capitals."}},
            "required": ["to"],
        },
        "title": {"const": {"title": 1, "description": "data"}},
    },
}
OPENAI = {
    "type": "function",
    "function": {
        "name": "book_flight",
        "description": "Books a flight. Never twice.",
        "strict": True,
        "parameters": PARAMETERS,
    },
}
ANTHROPIC = {
    "name": "book_flight",
    "description": "Books a flight. Never twice.",
    "input_schema": PARAMETERS,
    "input_examples": [{"title": "Ms"}],
    "cache_control": {"type": "ephemeral"},
}
CALLS = [
    {"title": "Ms", "examples": [{"to": "ROM"}]},
    {"title": "Ms", "examples": []},
    {"title": "Dr", "examples": [{"to": "ROM"}]},
    {"title": "Mr", "examples": [{}]},
    {"title": "Mr"},
    {"title": "Mr", "examples": [{"to": "ROM"}], "description": "x" * 21},
    {"title": "Mr", "examples": [{"to": "ROM"}], "seat": None, "extras": {"wifi": True}},
    {"title": "Mr", "examples": [{"to": "ROM"}], "seat": "12A"},
    {"title": "Mr", "examples": [{"to": "ROM"}], "seat": "A12"},
    {"title": "Mr", "examples": [{"to": "ROM"}], "fare": -1},
    {"title": "Mr", "examples": [{"to": "ROM"}], "extras": {"wifi": "yes"}},
    {"title": "Mr", "examples": [{"to": "ROM"}], "unknown": 1},
]
SERVER_TOOLS = [
    {"type": "web_search_20250305", "name": "web_search", "max_uses": 5},
    {
        "type": "custom",
        "custom": {"name": "shell", "description": "Runs. A shell.", "format": {"type": "text"}},
    },
    {"type": "custom", "name": "shell", "description": "Runs. A shell."},
    {"type": "file_search", "vector_store_ids": ["vs_1"]},
]


def tool_block(tool: Any, **fields: Any) -> Block:
    return Block(content=json.dumps(tool, indent=1), type=BlockType.TOOL, kind=Kind.SCHEMA, **fields)


def minimized(tool: Any, descriptions: str = "none") -> Any:
    [block] = minimize_tool_schemas([tool_block(tool)], ["*"], descriptions)
    return json.loads(block.content)


def is_valid(call: Any, schema: Any) -> bool:
    return jsonschema.Draft202012Validator(schema).is_valid(call)


@pytest.mark.parametrize("descriptions", ["none", "first_sentence", "full"])
@pytest.mark.parametrize("call", CALLS)
def test_the_same_calls_are_valid(call, descriptions):
    after = minimized(OPENAI, descriptions)["function"]["parameters"]
    assert is_valid(call, after) == is_valid(call, PARAMETERS)


def test_descriptions_titles_and_examples_go_but_properties_of_that_name_stay():
    text = json.dumps(minimized(OPENAI))
    schema = minimized(OPENAI)["function"]["parameters"]
    assert list(schema["properties"]) == list(PARAMETERS["properties"])
    assert schema["properties"]["title"] == {"type": "string", "enum": ["Ms", "Mr"]}
    assert schema["properties"]["fare"]["default"] == {"title": "stays: it is data"}
    assert schema["$defs"]["title"] == {"const": {"title": 1, "description": "data"}}
    assert "How to address" not in text
    assert "Leg" not in text


def test_first_sentences_stay_when_wanted():
    function = minimized(OPENAI, "first_sentence")["function"]
    assert function["description"] == "Books a flight."
    assert function["parameters"]["properties"]["title"]["description"] == "How to address."
    assert "Long text" not in json.dumps(function)


def test_full_keeps_descriptions_whole():
    assert minimized(OPENAI, "full")["function"]["description"] == "Books a flight. Never twice."


def test_both_dialects_keep_their_shape_and_marks():
    assert minimized(OPENAI)["function"]["strict"] is True
    anthropic = minimized(ANTHROPIC)
    assert list(anthropic) == ["name", "input_schema", "cache_control"]
    assert anthropic["input_schema"] == minimized(OPENAI)["function"]["parameters"]
    flat = minimized({"type": "function", "name": "f", "description": "d", "parameters": {"title": "t"}})
    assert flat == {"type": "function", "name": "f", "parameters": {}}


@pytest.mark.parametrize("tool", SERVER_TOOLS)
def test_other_tools_are_left_exactly_as_they_are(tool):
    blocks = [tool_block(tool)]
    assert minimize_tool_schemas(blocks, ["*"]) == blocks


@pytest.mark.parametrize(
    ("allowlist", "names"),
    [
        (["*"], ["book_flight", "web_search", "shell"]),
        (["book_flight"], ["book_flight"]),
        (["book_*", "shell"], ["book_flight", "shell"]),
        (["BOOK_*"], []),
        ([], []),
    ],
)
def test_only_the_allowlist_drops_tools(allowlist, names):
    blocks = [
        tool_block(tool, id=name)
        for tool, name in zip(
            [OPENAI, *SERVER_TOOLS[:2]], ["book_flight", "web_search", "shell"], strict=True
        )
    ]
    assert [block.id for block in minimize_tool_schemas(blocks, allowlist)] == names


def test_protected_tools_are_never_dropped_and_verbatim_ones_not_rewritten():
    blocks = [tool_block(OPENAI, must_keep=True), tool_block(OPENAI, verbatim=True)]
    kept, verbatim = minimize_tool_schemas(blocks, [])
    assert len(kept.content) < len(verbatim.content)
    assert verbatim.content == blocks[1].content


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no json",
        "[1]",
        "null",
        '{"type":"function","function":{"parameters":' + '{"items":' * 1500 + "1" + "}" * 1500 + "}}",
        '{"type":"function","function":{"name":"\\ud800","description":"goes"}}',
        '{"type": "function", "function": 3}',
    ],
)
def test_what_is_no_tool_stays_as_it_is(content):
    blocks = [Block(content=content, type=BlockType.TOOL)]
    assert minimize_tool_schemas(blocks, ["*"]) == blocks


@pytest.mark.parametrize("fields", [{"type": BlockType.USER}, {"type": BlockType.TOOL, "tool_result": True}])
def test_only_tool_definitions_are_touched(fields):
    blocks = [Block(content=json.dumps(OPENAI), **fields)]
    assert minimize_tool_schemas(blocks, []) == blocks


leaf_schemas = st.sampled_from(
    [
        {"type": "integer", "minimum": 2},
        {"type": "string", "enum": ["title", "x"]},
        {"const": {"description": "d"}},
        {"type": "boolean", "title": "t"},
        True,
        {},
    ]
)
names = st.sampled_from(["title", "description", "examples", "properties", "items", "a", "$ref"])
schemas = st.recursive(
    leaf_schemas,
    lambda inner: (
        st.builds(
            lambda properties, required, **rest: {
                "type": "object",
                "properties": properties,
                "required": required,
                **rest,
            },
            st.dictionaries(names, inner, max_size=3),
            st.lists(names, max_size=2, unique=True),
            description=any_text,
            examples=st.just([{"a": 1}]),
            additionalProperties=inner,
            dependentSchemas=st.dictionaries(names, inner, max_size=1),
        )
        | st.builds(lambda inner: {"type": "array", "items": inner, "title": "list"}, inner)
        | st.builds(
            lambda some: {"anyOf": some, "$comment": "either"}, st.lists(inner, min_size=1, max_size=3)
        )
    ),
    max_leaves=6,
)
values = st.recursive(
    st.sampled_from([None, True, 1, 3, "title", "x", {"description": "d"}, {"a": 1}]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)


@given(schemas, st.lists(values, max_size=8), st.sampled_from(["none", "first_sentence", "full"]))
def test_any_schema_accepts_the_same_values_after(schema, some, descriptions):
    after = minimized({"name": "f", "input_schema": schema}, descriptions)["input_schema"]
    assert [is_valid(value, after) for value in some] == [is_valid(value, schema) for value in some]


@given(schemas, st.sampled_from(["none", "first_sentence", "full"]))
def test_never_worse(schema, descriptions):
    before = [tool_block({"name": "f", "description": "One. Two.", "input_schema": schema})]
    once = minimize_tool_schemas(before, ["*"], descriptions)
    assert minimize_tool_schemas(once, ["*"], descriptions) == once
    assert token_counts([once[0].content])[0] <= token_counts([before[0].content])[0]


@given(blocks_of_any_kind)
def test_it_is_pure(blocks):
    check_pure(lambda some: minimize_tool_schemas(some, ["*"]), blocks)
