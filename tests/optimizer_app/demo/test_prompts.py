"""Every example prompt: valid in its dialect, ours to publish, and a question that the text answers."""

import json
import re
from pathlib import Path

import pytest
from anthropic.types import MessageParam, ToolParam
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from pydantic import TypeAdapter

from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.validate import structure_faults
from token_optimizer.tokens.counts import count_body

FOLDER = Path(__file__).parents[3] / "examples" / "prompts"
FILES = sorted(FOLDER.glob("*.json"))
SMALL = "small-question"
# What a machine that the texts were made on would leave behind.
MACHINE_TRACES = re.compile(
    r"/work\b|/tmp/\w|/root\b|/home/(?!app\b)|/Users/|\.pyenv|index-url|\bsk-[A-Za-z0-9]{8}|tok_[A-Za-z0-9_-]{20}"
)
MESSAGES = {
    "openai": TypeAdapter(list[ChatCompletionMessageParam]),
    "anthropic": TypeAdapter(list[MessageParam]),
}
TOOLS = {
    "openai": TypeAdapter(list[ChatCompletionFunctionToolParam]),
    "anthropic": TypeAdapter(list[ToolParam]),
}

every_prompt = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def read(path):
    return json.loads(path.read_text("utf-8"))


def last_text(body):
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def test_there_are_enough_of_both_dialects_in_less_than_a_megabyte_and_a_half():
    dialects = [read(path)["dialect"] for path in FILES]
    assert len(FILES) >= 12
    assert min(dialects.count("openai"), dialects.count("anthropic")) >= 4
    assert sum(path.stat().st_size for path in FILES) < 1_500_000


def test_names_are_told_apart():
    names = [read(path)["name"] for path in FILES]
    assert len(set(names)) == len(names)


@every_prompt
def test_it_is_a_request_body_of_its_dialect(path):
    prompt = read(path)
    assert set(prompt) - {"whole"} == {"name", "about", "dialect", "needs", "body"}
    body = prompt["body"]
    MESSAGES[prompt["dialect"]].validate_python(body["messages"])
    TOOLS[prompt["dialect"]].validate_python(body.get("tools", []))
    assert structure_faults(body, prompt["dialect"]) == set()
    assert ("max_tokens" in body) == (prompt["dialect"] == "anthropic")


@every_prompt
def test_it_ends_with_a_question_of_the_user(path):
    body = read(path)["body"]
    assert body["messages"][-1]["role"] == "user"
    assert last_text(body).rstrip().endswith("?")


@every_prompt
def test_it_names_no_machine_and_no_secret(path):
    assert MACHINE_TRACES.findall(path.read_text("utf-8")) == []


@every_prompt
def test_its_size_is_worth_looking_at(path):
    prompt = read(path)
    tokens = count_body(prompt["body"], prompt["dialect"], prompt["body"]["model"])
    assert tokens < 200 if path.stem == SMALL else 2_000 <= tokens <= 30_000


@every_prompt
def test_the_question_is_sent_as_it_was_asked(path):
    prompt = read(path)
    result = optimize_body(prompt["body"], prompt["dialect"], config=OptimizerConfig.preset("balanced"))
    assert not result.stats.fallback_used
    assert result.stats.tokens_after <= result.stats.tokens_before
    question = last_text(prompt["body"]).rsplit("\n", 1)[-1]
    assert question in last_text(result.body)


def test_the_small_one_stays_as_it_is():
    prompt = read(FOLDER / f"{SMALL}.json")
    result = optimize_body(prompt["body"], "openai", config=OptimizerConfig.preset("balanced"))
    assert result.body == prompt["body"]


def texts(value):
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


@every_prompt
def test_what_answers_the_question_is_kept(path):
    prompt = read(path)
    assert prompt["needs"]
    result = optimize_body(prompt["body"], prompt["dialect"], config=OptimizerConfig.preset("balanced"))
    for body in (prompt["body"], result.body):
        whole = "\n".join(texts(body))
        assert [need for need in prompt["needs"] if need not in whole] == []


def test_every_prompt_with_something_to_cut_is_cut_and_more_than_half_goes():
    before = after = 0
    for path in FILES:
        prompt = read(path)
        result = optimize_body(prompt["body"], prompt["dialect"], config=OptimizerConfig.preset("balanced"))
        before, after = before + result.stats.tokens_before, after + result.stats.tokens_after
        assert (result.stats.tokens_after == result.stats.tokens_before) == ("whole" in prompt)
    assert after < 0.45 * before


def test_tools_shrink_and_keep_their_names_and_parameters():
    prompt = read(FOLDER / "many-tools.json")
    result = optimize_body(prompt["body"], prompt["dialect"], config=OptimizerConfig.preset("balanced"))
    assert result.stats.compression_ratio < 0.9
    for before, after in zip(prompt["body"]["tools"], result.body["tools"], strict=True):
        assert after["function"]["name"] == before["function"]["name"]
        parameters = [tool["function"]["parameters"]["properties"] for tool in (before, after)]
        assert list(parameters[0]) == list(parameters[1])


@pytest.mark.parametrize("name", ["database-settings", "quoted-twice", "table-statistics"])
def test_what_is_all_bulk_shrinks_by_two_fifths(name):
    prompt = read(FOLDER / f"{name}.json")
    result = optimize_body(prompt["body"], prompt["dialect"], config=OptimizerConfig.preset("balanced"))
    assert result.stats.compression_ratio < 0.6
