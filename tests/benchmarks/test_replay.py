"""That what was said early is there again when the last question of a long conversation asks for it."""

from __future__ import annotations

from typing import Any

from benchmarks.replay import replay, replayable

_TOLD = {
    2: "My sister Philippa breeds Leonberger dogs in a village near Colmar.",
    4: "The spare key of the boathouse hangs behind the barometer.",
    6: "We sold the old piano to a dentist called Amundsen.",
}
_QUESTIONS = {
    2: "Which dogs does my sister Philippa breed?",
    4: "Where is the spare key of the boathouse?",
    6: "To whom did we sell the old piano?",
}


def _case(asked: int, turns: int = 60) -> dict[str, Any]:
    messages = []
    for turn in range(turns):
        said = _TOLD.get(turn, f"Today we went through part {turn} of the plan for most of the afternoon.")
        messages.append({"role": "user", "content": said})
        messages.append({"role": "assistant", "content": f"Noted: part {turn} of {turns} is done."})
    messages.append({"role": "user", "content": _QUESTIONS[asked]})
    item = {"any": [_TOLD[asked]], "mode": "words", "min": 0.9}
    return {"family": "talk", "messages": messages, "must_retain": [item]}


def test_what_the_last_question_asks_for_is_there_turn_by_turn_as_at_once() -> None:
    for asked in _QUESTIONS:
        done = replay(_case(asked), 0.4)
        assert (done.recall, done.recall_at_once) == (1, 1)
        assert done.is_stable
        assert done.is_within
        assert 0 < done.compactions <= done.turns / 10


def test_short_conversations_are_none_to_replay() -> None:
    assert list(replayable(iter([_case(2, turns=3)]))) == []
