"""Calls are known again by their arguments, in whatever order and spacing these are written."""

from __future__ import annotations

from token_optimizer.optimizer.formats.call_steps import MAX_STEPS, newest_steps, steps_in


def _calls(*arguments: str) -> dict[str, object]:
    calls = [
        {"id": f"c{at}", "function": {"name": "read", "arguments": one}} for at, one in enumerate(arguments)
    ]
    return {"role": "assistant", "tool_calls": calls}


def test_each_message_with_calls_is_a_step():
    messages = [{"role": "user", "content": "Go."}, _calls("{}"), {"role": "tool"}, _calls("{}", '{"a":1}')]

    steps = list(steps_in(messages))

    assert [(step.message, len(step.calls)) for step in steps] == [(1, 1), (3, 2)]
    assert list(steps_in(messages, 2)) == steps[1:]


def test_arguments_are_the_same_in_another_order_and_spacing():
    (step,) = steps_in(
        [_calls('{"a": 1, "b": 2}', '{"b":2,"a":1}', '{"b":2}', '{"a": 99999999999999999999}')]
    )

    first, again, other, large = (call.arguments for call in step.calls)

    assert first == again
    assert len({first, other, large}) == 3


def test_of_the_known_steps_as_many_stay_as_count():
    messages = [_calls("{}")] * (MAX_STEPS + 5)
    known = newest_steps((), messages, 0)

    steps = newest_steps(known, [*messages, _calls("{}")], len(messages))

    assert len(known) == len(messages)
    assert [step.message for step in steps] == list(range(4, len(messages) + 1))
