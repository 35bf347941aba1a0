"""Messages in the role of the user that a program wrote."""

from __future__ import annotations

from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import LOG
from token_optimizer import optimize
from token_optimizer.models import Kind
from token_optimizer.optimizer.formats.observations import observations_in
from token_optimizer.optimizer.formats.reading import canonicalize

_TASK = "Find the port that the service listens on.\n(Open file: n/a)\nbash-$"
_SOURCE = "\n".join(f"{number}:value_{number} = read(port={8000 + number})" for number in range(1, 40))


def _session(*observed: str) -> list[dict[str, Any]]:
    """The messages of an agent that writes its commands into its text."""
    messages = [{"role": "user", "content": _TASK}]
    for number, text in enumerate(observed):
        messages += [
            {"role": "assistant", "content": f"Next.\n```\nopen part_{number}.py\n```"},
            {"role": "user", "content": text},
        ]
    return messages


@pytest.mark.parametrize(
    "form",
    [
        "{}\nbash-$",
        "{}\nroot@box:/srv# ",
        "Observation: {}",
        "OBSERVATION:\n{}",
        "<returncode>0</returncode>\n<output>\n{}\n</output>",
        "EXECUTION RESULT of [ls]:\n{}",
        "[read_file for 'a.py'] Result:\n{}",
    ],
)
def test_from_the_third_message_of_one_form_on_a_program_writes(form: str) -> None:
    messages = _session(*(form.format(text) for text in ("a.py", "b.py", "c.py", "d.py")))
    for answer in messages[1::2]:
        answer["content"] += "\nThat is next."
    assert observations_in(messages).found >= {6, 8}
    assert 0 not in observations_in(messages).found
    assert 2 not in observations_in(messages).found


def test_behind_a_command_it_is_from_the_second_on() -> None:
    assert observations_in(_session("a.py\nbash-$", "b.py\nbash-$")).found == {2, 4}
    assert observations_in(_session("Observation: a.py", "Observation: b.py")).found == {4}


@pytest.mark.parametrize(
    "last",
    ["c.py\nWhich of these is it?", "c.py\nzsh %", "Observation: c.py\nIs that the right one?", "thanks"],
)
def test_what_has_another_form_or_asks_is_the_users(last: str) -> None:
    assert observations_in(_session("a.py\nbash-$", last)).found == {2}


def test_a_message_that_follows_another_of_the_user_is_no_answer() -> None:
    messages = [*_session("a.py\nbash-$"), {"role": "user", "content": "b.py\nbash-$"}]
    assert observations_in(messages).found == {2}


def test_contents_of_other_shapes_are_the_users() -> None:
    part = {"type": "text", "text": "a.py\nbash-$"}
    single: list[dict[str, Any]] = [{"role": "user", "content": [part]}, {"role": "assistant", "content": ""}]
    assert observations_in(single * 3).found == {4}
    double: list[dict[str, Any]] = [{"role": "user", "content": [part, part]}, *single[1:]]
    assert observations_in(double * 3).found == frozenset()


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("<read_file>\n<path>a.py</path>\n</read_file>", "[read_file for 'a.py'] Result:\na.py"),
        ("<function=bash>\n<parameter=command>ls</parameter>\n</function>", "EXECUTION RESULT of [bash]:\na"),
        ("Thought: I look.\nAction: open\nAction Input: a.py", "Observation: a.py"),
    ],
)
def test_behind_a_call_in_the_text_it_is_at_once(call: str, result: str) -> None:
    def session(answer: str, *said: str) -> list[dict[str, Any]]:
        parts = [{"type": "text", "text": text} for text in said]
        begun = [{"role": "user", "content": _TASK}, {"role": "assistant", "content": answer}]
        return [*begun, {"role": "user", "content": parts}]

    assert observations_in(session(call, result)).found == {2}
    assert observations_in(session(call, result, "<details>\nOpen: a.py\n</details>")).found == {2}
    assert observations_in(session(call, result, "<feedback>\nRead b.py, too\n</feedback>")).found == set()
    assert observations_in(session(call, "thanks", result)).found == set()
    assert observations_in(session("That is all.", result)).found == set()


def test_an_observation_is_read_as_what_a_tool_returned() -> None:
    said = "We ARE here. You MUST go on, and so must MY friend.\nbash-$"
    prompt = canonicalize({"messages": _session(_SOURCE + "\nbash-$", f"{LOG}\nbash-$", said)}, "openai")
    last = [block for block in prompt.blocks if block.message in (4, 6)]
    assert [(block.kind, block.tool_result, block.verbatim) for block in last] == [
        (Kind.LOG, True, False),
        (Kind.PROSE, True, False),
    ]
    assert prompt.query is None


def test_the_newest_observation_gives_way_to_a_budget() -> None:
    cipher = "".join(f"EOY XF, AY {number} VMU M UKFNY. " for number in range(60))
    messages = _session("a.py\nbash-$", "b.py\nbash-$", f"{cipher}\nbash-$")
    sent, stats = optimize(messages, budget_tokens=200)
    assert stats.tokens_after <= 200
    assert "left out]" in sent[-1]["content"]
    assert sent[0]["content"].startswith("Find the port")
