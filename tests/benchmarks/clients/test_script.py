"""Which answer the scripted provider gives."""

from __future__ import annotations

from benchmarks.clients.script import Answer, Script, reply_to

SCRIPT = Script((Answer(calls={"look": {"at": "x"}}), Answer("Seen."), Answer("Done.")), beside="A title")


def test_the_place_in_the_session_decides() -> None:
    first = reply_to(SCRIPT, "hello", ["look"])
    assert first.call is not None
    assert (first.call.id, first.call.name, first.call.arguments) == ("call_step-0", "look", {"at": "x"})
    assert reply_to(SCRIPT, "… call_step-0 …", ["look"]).text == "Seen. (step-1)"
    assert reply_to(SCRIPT, "call_step-0, (step-1)", ["look"]).text == "Done. (step-2)"
    assert reply_to(SCRIPT, "(step-9)", ["look"]).text == "Done. (step-10)"


def test_a_tool_that_is_not_offered_is_not_called() -> None:
    assert reply_to(SCRIPT, "hello", ["other"]).call is None


def test_requests_beside_the_session_get_their_own_answer() -> None:
    assert reply_to(SCRIPT, "(step-1)", []).text == "A title"
