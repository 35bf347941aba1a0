"""Bodies as they were sent, compared with those that arrived."""

from __future__ import annotations

from typing import Any

from benchmarks.clients.comparison import compare
from benchmarks.clients.servers.records import Body

RULE = "The day MUST be YYYY-MM-DD."


def body(*texts: str, description: str = f"Finds tickets. {RULE}", **fields: Any) -> Body:
    schema = {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}
    function = {"name": "find", "description": description, "parameters": schema}
    content = {"model": "gpt-4o", "messages": [{"role": "user", "content": text} for text in texts]}
    tools = [{"type": "function", "function": function}]
    return Body("/v1/chat/completions", {**content, "tools": tools, **fields})


def test_an_unchanged_session() -> None:
    bodies = [body("a"), body("a", "b")]
    found = compare(bodies, bodies)
    assert (found.requests, found.unmatched, found.changed, found.pairs) == (2, 0, (), 1)
    assert (found.broken_prefixes, found.lost_rules) == ((), ())
    assert found.tokens_before == found.tokens_after > 0
    assert found.rules == 2 * len(("the rule", "type", "type of day", "required"))


def test_changed_fields_are_named() -> None:
    found = compare([body("a b c", top_p=1)], [body("a", stream_options={})])
    assert found.changed == ("messages", "stream_options added", "top_p removed")
    assert found.tokens_after < found.tokens_before


def test_a_rewritten_turn_breaks_the_prefix() -> None:
    sent = [body("a"), body("a", "b"), body("a", "b", "c")]
    received = [body("a"), body("x", "b"), body("x", "b", "c")]
    found = compare(sent, received)
    assert (found.pairs, found.broken_prefixes) == (2, (1,))


def test_a_client_that_begins_anew_breaks_nothing() -> None:
    bodies = [body("a"), body("b")]
    assert compare(bodies, bodies).pairs == 0


def test_cache_marks_may_move() -> None:
    def marked(*texts: str) -> Body:
        found = body(*texts)
        found.content["messages"][-1]["cache_control"] = {"type": "ephemeral"}
        return found

    bodies = [marked("a"), marked("a", "b")]
    assert compare(bodies, bodies).broken_prefixes == ()


def test_a_lost_rule_is_named_with_its_tool() -> None:
    found = compare([body("a")], [body("a", description="Finds tickets.")])
    assert found.lost_rules == (f"find: {RULE}",)
    assert found.deferred_rules == ()


def test_a_rule_behind_a_handle_is_not_lost() -> None:
    found = compare([body("a")], [body("a", description="Finds. [… 1 description shortened #482193]")])
    assert (found.lost_rules, found.deferred_rules) == ((), (f"find: {RULE}",))


def test_a_request_that_never_arrived_is_counted() -> None:
    assert compare([body("a"), body("a", model="other")], [body("a")]).unmatched == 1
