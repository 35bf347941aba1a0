"""Mail that is quoted below another one is referred to where it stands without marks."""

from __future__ import annotations

import re

import pytest

from token_optimizer import optimize
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.prose.quoted_mail import refer_to_quoted

FIRST = """Dear Ada,

the crates with the 40 lamps leave Kiel on Monday and reach you by truck.
The price is 118.40 a piece, and there are two more crates if you want them.
The shades come in green and white, and the bulbs are packed apart from them.

Bo
--
Bo Lind, Sales, Lamps and More"""
SECOND = """Hello Bo,

our fair is on the 19th, so Monday is late; please send them to Linz instead.
Put the number 88213 on the papers, tell the driver, and send me the papers.
The two more crates would be welcome in November, when the shop opens again.

Ada
--
Ada Roth, Purchasing, North Peak in Vienna"""


def quoted(text: str) -> str:
    return "\n".join(
        f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in text.split("\n")
    )


def mail(name: str, text: str) -> str:
    return f"From: {name}@mail.test\nDate: 8 Oct 2026 11:02\nSubject: Lamps\n\n{text}"


REPLY = f"{SECOND}\n\nOn Wed Bo wrote:\n{quoted(FIRST)}"
LAST = f"All is well, Ada, I will call the driver.\n\nOn Thu Ada wrote:\n{quoted(REPLY)}"
THREAD = "\n\n".join([mail("bo", FIRST), mail("ada", REPLY), mail("bo", LAST)])


def test_quoted_mail_becomes_a_reference_to_the_mail() -> None:
    text = refer_to_quoted(MarkedText(THREAD), "b1")
    assert text.text.count("lamps leave Kiel") == text.text.count("number 88213") == 1
    assert ">" not in re.sub(r"“>”", "", text.text)
    for marker in text.markers:
        words = text.text[marker.start : marker.end]
        assert words.startswith(f"[{marker.count} lines left out here: they stand above in this message")
        assert marker.copy_of == "b1"
    counts = [marker.count for marker in text.markers]
    assert counts[0] == counts[-1] == FIRST.count("\n") + 1


@pytest.mark.parametrize(
    "text",
    [
        mail("ada", REPLY),
        THREAD.replace("> ", "| ").replace(">", "|"),
        "\n\n".join([mail("bo", FIRST), mail("bo", FIRST), mail("ada", REPLY)]),
        "a plain text",
    ],
)
def test_what_stands_nowhere_else_or_in_several_places_stays(text: str) -> None:
    assert refer_to_quoted(MarkedText(text), "b1") == MarkedText(text)


def test_a_thread_loses_its_copies_and_nothing_else() -> None:
    messages, stats = optimize([{"role": "user", "content": f"Write a reply to the last mail.\n\n{THREAD}"}])
    left = messages[0]["content"]
    assert all(line in left for line in [*FIRST.split("\n"), *SECOND.split("\n"), LAST.split("\n")[0]])
    assert stats.tokens_after < 0.8 * stats.tokens_before
