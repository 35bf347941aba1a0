"""Transcripts as meetings, chats and subtitles write them: who said the sentence that is asked for stays."""

from __future__ import annotations

import json

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import (
    instruction_pieces,
    kind_of,
    message_pieces,
    result_pieces,
)
from token_optimizer.optimizer.embedded.transcripts import is_transcript
from token_optimizer.optimizer.pipeline import optimize_body

NAMES = ["Ida Quell", "Tor Vik", "Ana Lund"]
TALK = [
    "I think we should look at the drawings again before we go on.",
    "Let us come back to that when the crane people have called.",
    "You said so last week, and nobody wrote it down.",
    "Can everybody see my screen, it should show the second plan.",
]
ANSWER = "The pump gets a valve from Redmarsh in June."
QUESTION = "Where does the valve of the pump come from?"
# How one says it at the minute and second `n`, and what parts it from the next.
WRITTEN = {
    "labels": "{name}: {text}\n",
    "capitals": "{name}: {text}\n\n",
    "times": "[00:{n:02}] {name}: {text}\n",
    "nicks": "[00:{n:02}] <{name}> {text}\n",
    "bold": "**{name}:** {text}\n\n",
    "a chat": "03.02.26, 10:{n:02} - {name}: {text}\n",
    "heads with a time": "{name}   0:{n:02}\n{text}\n\n",
    "heads with a time of one digit each": "{name}   0:9:{n:02}\n{text}\n\n",
    "names in brackets": "[{name}] 00:00:{n:02}\n{text}\n\n",
    "bold before a time": "**{name}** (00:00:{n:02}): {text}\n\n",
    "spelled times above names": "0 minutes {n} seconds\n{name}\n{text}\n\n",
    "spelled times below names": "{name}\n0 minutes {n} seconds\n{text}\n\n",
    "times below names": "{name}\n  9:{n:02} AM\n{text}\n",
    "heads with a date": "{name}, [14.03.26 09:{n:02}]\n{text}\n\n",
    "heads behind a bar": "0:{n:02} | {name}\n{text}\n\n",
    "heads below a time": "[00:{n:02}] {name}\n{text}\n\n",
    "columns": "10:00:{n:02}\t{name}\t{text}\n",
    "bars": "2026-03-14T10:00:{n:02}Z | {name} | {text}\n",
    "numbered turns": "{n:04} {name}: {text}\n",
    "turns in tags": '<turn n="{n}" speaker="{name}">{text}</turn>\n',
    "turns in tags on lines of their own": '<message from="{name}">\n{text}\n</message>\n',
    "subtitles with names": '{n} "{name}" (1034)\n00:00:{n:02}.000 --> 00:00:{n:02}.900\n{text}\n\n',
    "subtitles": "{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{name}: {text}\n\n",
    "subtitles of voices": "00:{n:02}.000 --> 00:{n:02}.900\n<v {name}>{text}</v>\n\n",
    "subtitles of nobody": "{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{text}\n\n",
}


def transcript(form: str) -> str:
    said = [ANSWER if n == 31 else TALK[n % 4] for n in range(60)]
    return "".join(WRITTEN[form].format(name=NAMES[n % 3], n=n, text=text) for n, text in enumerate(said))


@pytest.mark.parametrize("form", WRITTEN)
def test_a_transcript_is_told_from_the_question(form: str) -> None:
    text = transcript(form)
    assert is_transcript(text)
    assert [piece.kind for piece in result_pieces(text)] == [Kind.TRANSCRIPT]
    pieces = message_pieces(f"Here is our meeting.\n\n{text}\n{QUESTION}")
    asking = "".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE)
    assert asking.split() == f"Here is our meeting. {QUESTION}".split()


@pytest.mark.parametrize(
    "form",
    ["### {part}\n{text}\n\n", "<{part}>{text}</{part}>\n", "[05/04/2026 8:{n:02} AM] {nick}\n{text}\n\n"],
)
def test_a_conversation_with_parts_or_nicks_is_a_transcript(form: str) -> None:
    parts, nicks = ("user", "assistant"), ("ida_q", "tor.vik")
    said = [form.format(part=parts[n % 2], nick=nicks[n % 2], n=n, text=TALK[n % 4]) for n in range(40)]
    assert [piece.kind for piece in result_pieces("".join(said))] == [Kind.TRANSCRIPT]


def test_a_chat_in_a_system_text_is_no_instruction() -> None:
    chat = transcript("a chat")
    pieces = instruction_pieces(f"You help with chats.\n\nThis is the chat of the user:\n{chat}")
    assert [piece.raw for piece in pieces if piece.kind is Kind.TRANSCRIPT] == [chat]


def test_what_people_say_in_json_is_left_as_much_as_in_transcripts() -> None:
    turns = [
        {"start": n, "speaker": NAMES[n % 3], "text": ANSWER if n == 231 else f"{n}. {TALK[n % 4]}"}
        for n in range(400)
    ]
    messages = [{"role": "user", "content": f"{QUESTION}\n\n{json.dumps(turns)}"}]
    config = OptimizerConfig.preset("balanced")
    sent = optimize_body({"messages": messages}, "openai", config=config).body["messages"][0]["content"]
    assert all(turn["text"] in sent for turn in turns)


def test_long_speeches_in_json_are_a_transcript() -> None:
    turns = [{"speaker": NAMES[n % 3], "text": " ".join(TALK)} for n in range(20)]
    pieces = result_pieces(json.dumps(turns))
    assert {piece.kind for piece in pieces} == {Kind.OPAQUE, Kind.TRANSCRIPT}


def test_subtitles_behind_the_question_are_read_to_their_end() -> None:
    text = transcript("subtitles")
    pieces = message_pieces(f"{QUESTION}\n\n{text}")
    assert [piece.raw.strip() for piece in pieces if piece.raw.strip()] == [QUESTION, text.strip()]


@pytest.mark.parametrize("form", WRITTEN)
def test_what_was_said_stays_with_who_said_it(form: str) -> None:
    messages = [{"role": "user", "content": f"{transcript(form)}\n{QUESTION}"}]
    config = OptimizerConfig.preset("balanced")
    whole = optimize_body({"messages": messages}, "openai", config=config).stats.tokens_before
    budget = int(0.3 * whole)
    result = optimize_body({"messages": messages}, "openai", config=config, budget_tokens=budget)
    sent = result.body["messages"][0]["content"]
    assert result.stats.tokens_after <= budget
    assert WRITTEN[form].format(name=NAMES[31 % 3], n=31, text=ANSWER).strip() in sent


@pytest.mark.parametrize(
    ("said", "kind"), [(TALK, Kind.TRANSCRIPT), (["job started", "queue drained", "job done"], Kind.LOG)]
)
def test_people_who_speak_behind_times_write_no_log(said: list[str], kind: Kind) -> None:
    lines = [f"[06:00:{n % 60:02d}] {NAMES[n % 3]}: {said[n % len(said)]}" for n in range(60)]
    assert kind_of("\n".join(lines)) is kind


@pytest.mark.parametrize("form", [form for form in WRITTEN if WRITTEN[form].count("\n") > 1])
def test_a_question_right_below_the_last_that_is_said_is_no_part_of_it(form: str) -> None:
    pieces = message_pieces(f"{transcript(form).rstrip()}\n{QUESTION}")
    assert pieces[-1].kind is Kind.PROSE
    assert pieces[-1].raw.strip() == QUESTION


def test_who_speaks_once_beside_a_time_is_a_speaker_too() -> None:
    said = [f"{name}  9:{at:02} AM\n{TALK[at % 4]}\n" for at, name in enumerate(NAMES * 12)]
    once = ["Ola Berg  8:58 AM\nWho has the keys to room 3?\n", "Eva Holm  8:59 AM\nCan someone help?\n"]
    pieces = message_pieces("\n".join([*once, *said, QUESTION]))
    assert [piece.kind for piece in pieces] == [Kind.TRANSCRIPT, Kind.PROSE]
    assert pieces[1].raw.strip() == QUESTION


def test_fields_of_records_are_nobodys_words() -> None:
    fields = "Order: A-{n}\nCustomer: Ada {n}\nStatus: paid\nAmount: {n}.50\nTown: Oslo\n\n"
    assert not is_transcript("".join(fields.format(n=n) for n in range(10, 40)))


def test_nobody_speaks_in_an_element_that_closes_itself() -> None:
    cases = "".join(f'  <testcase name="test_{n % 9}" time="0.{n}"/>\n' for n in range(10, 60))
    assert not is_transcript(f'<testsuite name="all">\n{cases}</testsuite>')
