import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import any_text, blocks_of_any_kind, check_pure
from token_optimizer.config import OptimizerConfig
from token_optimizer.models import Block, BlockType, Kind
from token_optimizer.optimizer.heuristics import minimize_tool_schemas
from token_optimizer.optimizer.pipeline import optimize, optimize_body
from token_optimizer.optimizer.tools.need.relevance import ToolRelevance
from token_optimizer.optimizer.tools.steps import STEPS, Need, schemas_by_need
from token_optimizer.text.counting import token_counts

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


MODES = ["none", "first_sentence", "rules", "concise", "full"]


@pytest.mark.parametrize("descriptions", MODES)
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


def test_full_leaves_a_tool_as_it_is():
    blocks = [tool_block(OPENAI)]
    assert minimize_tool_schemas(blocks, ["*"], "full") == blocks


@pytest.mark.parametrize("descriptions", ["concise", "rules"])
def test_rules_examples_and_telling_titles_stay(descriptions):
    function = minimized(OPENAI, descriptions)["function"]
    assert function["description"].endswith("Never twice.")
    properties = function["parameters"]["properties"]
    assert properties["description"]["examples"] == ["a", "b"]
    assert "title" not in function["parameters"]
    assert function["parameters"]["$defs"]["leg"]["properties"]["to"]["description"].endswith("In capitals.")
    assert minimized(ANTHROPIC, descriptions)["input_examples"] == [{"title": "Ms"}]


def test_both_dialects_keep_their_shape_and_marks():
    assert minimized(OPENAI)["function"]["strict"] is True
    anthropic = minimized(ANTHROPIC)
    assert list(anthropic) == ["name", "input_schema", "input_examples", "cache_control"]
    strict = minimized(OPENAI)["function"]["parameters"]
    assert strict.pop("$schema") == PARAMETERS["$schema"]
    assert anthropic["input_schema"] == strict
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


@pytest.mark.parametrize("protection", ["must_keep", "verbatim"])
def test_protected_tools_are_neither_dropped_nor_rewritten(protection):
    blocks = [tool_block(OPENAI, **{protection: True})]
    assert minimize_tool_schemas(blocks, []) == blocks


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


@given(schemas, st.lists(values, max_size=8), st.sampled_from(MODES))
def test_any_schema_accepts_the_same_values_after(schema, some, descriptions):
    after = minimized({"name": "f", "input_schema": schema}, descriptions)["input_schema"]
    assert [is_valid(value, after) for value in some] == [is_valid(value, schema) for value in some]


@given(schemas, st.sampled_from(MODES))
def test_never_worse(schema, descriptions):
    before = [tool_block({"name": "f", "description": "One. Two.", "input_schema": schema})]
    once = minimize_tool_schemas(before, ["*"], descriptions)
    assert minimize_tool_schemas(once, ["*"], descriptions) == once
    assert token_counts([once[0].content])[0] <= token_counts([before[0].content])[0]


@given(blocks_of_any_kind)
def test_it_is_pure(blocks):
    check_pure(lambda some: minimize_tool_schemas(some, ["*"]), blocks)


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a place, hour by hour. Not of the sea.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "A town of Italy, such as 'Rome'. In English."},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            },
            "required": ["place"],
        },
    },
}


def some_tools(count: int) -> list[dict[str, Any]]:
    """The weather and the flight among tools that nobody asks for."""
    others = [
        {
            "type": "function",
            "function": {
                "name": f"archive_{name}",
                "description": f"Stores a copy of the {name} in the vault, encrypted with the vault's key.",
                "parameters": {
                    "type": "object",
                    "properties": {"key": {"type": "string", "description": f"Names the {name} to store."}},
                },
            },
        }
        for name in [f"ledger{number}" for number in range(count)]
    ]
    return [WEATHER, OPENAI, *others]


def descriptions_of(tool: dict[str, Any]) -> list[str]:
    function = tool["function"]
    properties = function["parameters"]["properties"].values()
    return [holder["description"] for holder in (function, *properties) if "description" in holder]


@pytest.mark.parametrize(
    ("question", "likely"),
    [
        ("What will the weather be in Rome?", {0}),
        ("I want a flight to Paris", {1}),
        ("in fahrenheit, please", {0}),
        ("Which ledger7 copies are archived?", {9}),
        ("Hello!", set()),
        ("", set()),
        ("Ünïcode 東京 \ud800", set()),
    ],
)
def test_likely_tools_share_rare_words_with_the_question(question, likely):
    assert ToolRelevance([json.dumps(tool) for tool in some_tools(12)], question).likely == likely


def test_no_tools_are_likely_among_none():
    assert ToolRelevance([], "weather").likely == frozenset()


@pytest.mark.parametrize("step", range(STEPS))
@pytest.mark.parametrize("call", CALLS)
def test_the_same_calls_are_valid_at_every_step(call, step):
    for likely, deferred in [((), ()), ((0,), ()), ((), (0,))]:
        need = Need(likely=likely, deferred=deferred)
        [block] = schemas_by_need([tool_block(OPENAI)], need, step, show_handles=True)
        after = json.loads(block.content)["function"]["parameters"]
        assert is_valid(call, after) == is_valid(call, PARAMETERS)


def test_descriptions_of_unlikely_tools_go_first():
    blocks = [tool_block(WEATHER), tool_block(some_tools(1)[2])]
    steps = [
        [descriptions_of(json.loads(block.content)) for block in schemas_by_need(blocks, Need({0}), step)]
        for step in range(STEPS)
    ]
    place = "A town of Italy, such as 'Rome'. In English."
    first = "Tells the weather of a place, hour by hour."
    whole = [f"{first} Not of the sea.", place]
    one = "[… 1 description shortened]"
    assert [likely for likely, _ in steps[:4]] == [
        whole,
        whole,
        [whole[0], "such as 'Rome'."],
        [f"{first} {one}", "such as 'Rome'."],
    ]
    sentence = "Stores a copy of the ledger0 in the vault, encrypted with the vault's key."
    few_words = "Stores a copy of the ledger0 in the"
    assert [unlikely for _, unlikely in steps] == [
        [sentence],
        [sentence],
        [sentence],
        [f"{few_words} {one}"],
        [one],
        [one],
        [one],
    ]


def test_a_soft_target_keeps_likely_tools_and_every_rule_of_the_others():
    messages = [{"role": "user", "content": "What will the weather be in Rome?"}]
    others = some_tools(12)
    others[3]["function"]["parameters"]["properties"]["key"]["description"] += " MUST have 8 digits."
    _, stats = optimize(messages, others, config=OptimizerConfig.preset("balanced"))
    weather, _, plain, ruled, *_ = stats.tools
    assert weather == WEATHER
    assert len(descriptions_of(plain)) == 1
    assert descriptions_of(ruled)[1] == "MUST have 8 digits."


def test_safe_leaves_tools_alone_under_a_budget_too():
    messages = [{"role": "user", "content": "What will the weather be in Rome?"}]
    _, stats = optimize(messages, some_tools(12), config=OptimizerConfig.preset("safe"), budget_tokens=300)
    assert stats.tools == some_tools(12)


def test_a_tool_that_is_forced_stays_as_it_is():
    body = {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "What will the weather be in Rome?"}],
        "tools": some_tools(12),
        "tool_choice": {"type": "function", "function": {"name": "archive_ledger3"}},
    }
    sent = optimize_body(body, "openai", config=OptimizerConfig.preset("aggressive")).body
    assert sent["tools"][5] == body["tools"][5]
    assert sent["tools"][6] != body["tools"][6]


def test_a_soft_target_leaves_all_tools_described_where_none_is_likely():
    _, stats = optimize([{"role": "user", "content": "Hello!"}], some_tools(12))
    assert all(len(descriptions_of(tool)) == 2 for tool in stats.tools[2:])


def test_what_is_likely_is_decided_by_the_first_question():
    first = {"role": "user", "content": "What will the weather be in Rome?"}
    later = [
        first,
        {"role": "assistant", "content": "Sunny."},
        {"role": "user", "content": "Archive ledger3."},
    ]
    assert optimize([first], some_tools(12))[1].tools == optimize(later, some_tools(12))[1].tools


def test_a_hard_budget_takes_as_many_steps_as_it_needs():
    messages = [{"role": "user", "content": "What will the weather be in Rome?"}]
    config = OptimizerConfig.preset("balanced", target_reduction=None)
    _, whole = optimize(messages, some_tools(12), config=config)
    kept = []
    for share in (0.95, 0.85, 0.75):
        budget = int(share * whole.tokens_after)
        _, stats = optimize(messages, some_tools(12), config=config, budget_tokens=budget)
        assert stats.tokens_after <= budget
        assert [tool["function"]["name"] for tool in stats.tools] == [
            tool["function"]["name"] for tool in some_tools(12)
        ]
        kept.append(sum(len(descriptions_of(tool)) for tool in stats.tools))
    assert kept == sorted(kept, reverse=True)
    assert kept[0] > kept[-1]


def test_descriptions_stay_where_they_are_a_trifle_of_what_must_go():
    log = "".join(f"2024-05-01 10:00:{n % 60:02} INFO worker {n} took {n * 7} ms\n" for n in range(3000))
    messages = [{"role": "user", "content": f"{log}\nWhat will the weather be in Rome?"}]
    _, stats = optimize(messages, some_tools(2), budget_tokens=4000)
    assert stats.tokens_after <= 4000
    assert len(descriptions_of(stats.tools[0])) == 2
