"""A prompt's segments: where they end, what they count, and by what they are told apart."""

import pytest

from token_optimizer.optimizer.formats.framing import framed
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.prompt_cache.rules import DAY, FIVE_MINUTES, HALF_HOUR, HOUR, TEN_MINUTES, cache_rules
from token_optimizer.prompt_cache.segments import NO_SEGMENTS, leading_segments, prompt_segments
from token_optimizer.tokens.counts import count_body, count_texts

FIVE = {"type": "ephemeral"}
FOR_AN_HOUR = {"type": "ephemeral", "ttl": "1h"}
RULES = cache_rules("claude-sonnet-4-5")


def prompt_of(body, dialect):
    def count(texts):
        return count_texts(texts, body["model"])

    return framed(canonicalize(body, dialect, count=count), body, count)


def segments_of(body, dialect="openai", secret="ours"):
    prompt = prompt_of(body, dialect)
    return prompt_segments(prompt, body, dialect, cache_rules(body["model"]), secret)


def text(words, mark=None):
    return {"type": "text", "text": words, **({"cache_control": mark} if mark else {})}


def claude(*messages, **fields):
    return {"model": "claude-sonnet-4-5", "messages": list(messages), **fields}


def chat(*messages, **fields):
    return {"model": "gpt-4o", "messages": list(messages), **fields}


TOOL = {"name": "read", "description": "Reads a file.", "input_schema": {"type": "object"}}
FIRST = {"role": "user", "content": "What is in the file?"}


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        (chat({"role": "system", "content": "Be brief."}, FIRST), "openai"),
        (claude(FIRST, system="Be brief.", tools=[TOOL]), "anthropic"),
        ({"model": "gpt-4o", "input": "What is in it?", "instructions": "Be brief."}, "responses"),
    ],
)
def test_they_count_what_the_prompt_counts(body, dialect):
    found = segments_of(body, dialect)

    assert sum(segment.tokens for segment in found) == count_body(body, dialect, body["model"])


def test_they_stand_in_the_order_in_which_the_provider_reads():
    parts = {"role": "user", "content": [text("one"), text("two")]}

    assert len(segments_of(claude(parts, FIRST, system=[text("a"), text("b")], tools=[TOOL, TOOL]))) == 6


def test_a_longer_conversation_begins_with_the_segments_of_the_shorter_one():
    shorter = segments_of(chat(FIRST))
    longer = segments_of(chat(FIRST, {"role": "assistant", "content": "A list."}, FIRST))

    assert [segment.key for segment in longer[:1]] == [segment.key for segment in shorter]


TWO_TEXTS = {"role": "user", "content": [text("one"), text("two")]}
MARKED = {"role": "user", "content": [text("one", FIVE), text("two", FOR_AN_HOUR)]}
ANSWER = {"role": "assistant", "content": [text("It is a list.")]}


@pytest.mark.parametrize(
    ("turns", "fields"),
    [
        ([[FIRST], [FIRST, ANSWER, TWO_TEXTS]], {}),
        ([[FIRST, ANSWER, MARKED], [FIRST, ANSWER, TWO_TEXTS, ANSWER, MARKED]], {}),
        ([[FIRST, ANSWER, TWO_TEXTS], [FIRST, ANSWER, MARKED, ANSWER, FIRST]], {}),
        ([[TWO_TEXTS], [TWO_TEXTS, ANSWER]], {"system": [text("Be brief."), text("Be kind.", FIVE)]}),
    ],
    ids=["plain", "a mark moves on", "a mark comes", "instructions"],
)
def test_a_next_turn_goes_on_from_the_one_before(turns, fields):
    before = NO_SEGMENTS
    for number, messages in enumerate(turns):
        body = claude(*messages, tools=[TOOL], **fields)
        prompt = prompt_of(body, "anthropic")
        marked = {at for at, message in enumerate(messages) if message is MARKED}
        found = leading_segments(prompt, body, "anthropic", RULES, "ours", before, marked)
        assert found == leading_segments(prompt, body, "anthropic", RULES, "ours")
        assert not number or found.of_messages[0][0].key == before.of_messages[0][0].key
        before = found


def test_other_marks_in_the_instructions_are_seen_on_the_next_turn():
    first, second = (claude(FIRST, system=[text("Be brief.", mark)]) for mark in (None, FIVE))
    before = leading_segments(prompt_of(first, "anthropic"), first, "anthropic", RULES, "ours")
    after = leading_segments(prompt_of(second, "anthropic"), second, "anthropic", RULES, "ours", before)

    assert [segment.lifetime_seconds for segment in after.head] == [FIVE_MINUTES]
    assert after.head[0].key == before.head[0].key


def test_other_tools_make_another_conversation():
    plain, with_tool = (
        segments_of(claude(FIRST), "anthropic"),
        segments_of(claude(FIRST, tools=[TOOL]), "anthropic"),
    )

    assert {segment.key for segment in plain}.isdisjoint(segment.key for segment in with_tool)


def test_another_owner_has_other_keys():
    assert segments_of(chat(FIRST))[0].key != segments_of(chat(FIRST), secret="theirs")[0].key


def test_breakpoints_end_segments_and_are_no_part_of_them():
    marked = claude(
        {"role": "user", "content": [text("a", FIVE), text("b", FOR_AN_HOUR)]}, system=[text("s", FIVE)]
    )
    bare = claude({"role": "user", "content": [text("a"), text("b")]}, system=[text("s")])
    found = segments_of(marked, "anthropic")

    assert [segment.lifetime_seconds for segment in found] == [FIVE_MINUTES, FIVE_MINUTES, HOUR]
    assert [segment.key for segment in found] == [segment.key for segment in segments_of(bare, "anthropic")]


def test_a_breakpoint_in_what_a_tool_gave_counts():
    result = {"type": "tool_result", "tool_use_id": "1", "content": [text("a", FIVE)]}

    assert (
        segments_of(claude({"role": "user", "content": [result]}), "anthropic")[0].lifetime_seconds
        == FIVE_MINUTES
    )


def test_tools_are_parted_at_their_breakpoints():
    tools = [TOOL, {**TOOL, "name": "b", "cache_control": FIVE}, {**TOOL, "name": "c"}]
    found = segments_of(claude(FIRST, tools=tools), "anthropic")

    assert [segment.lifetime_seconds for segment in found] == [FIVE_MINUTES, 0, 0]


@pytest.mark.parametrize(
    ("fields", "lifetime"),
    [
        ({"model": "claude-sonnet-4-5", "cache_control": FIVE}, FIVE_MINUTES),
        ({"model": "claude-sonnet-4-5"}, 0),
        ({"model": "gpt-5.6"}, HALF_HOUR),
        ({"model": "gpt-5.6", "prompt_cache_options": {"mode": "explicit"}}, 0),
        ({"model": "gpt-4o"}, TEN_MINUTES),
        ({"model": "gpt-4o", "prompt_cache_retention": "24h"}, DAY),
    ],
)
def test_what_the_provider_keeps_unasked(fields, lifetime):
    assert segments_of(chat(FIRST, **fields))[-1].lifetime_seconds == lifetime


@pytest.mark.parametrize("field", ["previous_response_id", "conversation", "prompt"])
def test_a_prompt_that_the_provider_holds_has_none(field):
    body = {"model": "gpt-4o", "input": "And then?", field: "resp_1"}

    assert segments_of(body, "responses") == ()
