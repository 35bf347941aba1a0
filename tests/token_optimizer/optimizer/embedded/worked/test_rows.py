"""Worked examples in rows: the row without its answer is what is asked, and stays word for word."""

from __future__ import annotations

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import message_pieces
from token_optimizer.optimizer.embedded.worked.passages import example_passages
from token_optimizer.optimizer.embedded.worked.rows import example_rows
from token_optimizer.optimizer.pipeline import optimize_body

LABELS = ("billing", "delivery", "damage")
WRITTEN = [
    (f"The {thing} of week {n}, which I ordered, has not been right for days", LABELS[n % 3])
    for n, thing in enumerate(["parcel", "bill", "kettle", "rake", "lamp", "desk", "tent", "saw"] * 4)
]
ASKED = "The glass of our lamp was chipped, and the lid is gone"
TOLD = "Assign each message to a team."
FORMS = {
    "arrows": ("{} -> {}\n", "{} ->"),
    "arrows to a mark": ("{} => {}\n", "{} => ?"),
    "no arrow behind the last": ("{} → {}\n", "\n{}"),
    "the reader's turn": ("- {} -> {}\n", "\nYour turn:\n{}"),
    "tabs": ("{}\t{}\n", "{}\t"),
    "bars": ("{} | {}\n", "{} |"),
    "a table": ("| {} | {} |\n", "| {} | |"),
    "a table to a mark": ("| {} | {} |\n", "| {} | ? |"),
    "a table without the last cell": ("| {} | {} |\n", "| {} |"),
    "text below a table": ("| {} | {} |\n", "\nNow this one: {}"),
    "commas": ('"{}","{}"\n', '"{}",'),
    "semicolons": ("{};{}\n", "{};"),
    "colons": ("{}: {}\n", "{}:"),
    "brackets behind": ("{} [{}]\n", "{} ["),
    "elements": ("<row><in>{}</in><out>{}</out></row>\n", "<row><in>{}</in><out>"),
    "quotes": ('"{}" -> "{}"\n', '"{}" -> "'),
}
HEADS = {"a table": "| text | team |\n|---|---|\n", "commas": "text,team\n"}


def prompt(form: str) -> str:
    row, asked = FORMS[form]
    return (
        f"{TOLD}\n\n{HEADS.get(form, '')}{''.join(row.format(*one) for one in WRITTEN)}{asked.format(ASKED)}"
    )


@pytest.mark.parametrize("form", FORMS)
def test_rows_are_told_from_the_one_that_is_asked(form: str) -> None:
    text = prompt(form)
    pieces = message_pieces(text)
    assert "".join(piece.raw for piece in pieces) == text
    assert [piece.kind for piece in pieces] == [Kind.PROSE, Kind.EXAMPLES, Kind.PROSE]
    row, _ = FORMS[form]
    assert pieces[0].raw == f"{TOLD}\n\n{HEADS.get(form, '')}"
    assert pieces[1].raw == "".join(row.format(*one) for one in WRITTEN)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("share", [None, 0.5, 0.3])
def test_the_last_row_and_each_label_stay(form: str, share: float | None) -> None:
    body = {"messages": [{"role": "user", "content": prompt(form)}]}
    config = OptimizerConfig.preset("balanced")
    whole = optimize_body(body, "openai", config=config).stats.tokens_before
    sent = optimize_body(body, "openai", config=config, budget_tokens=share and int(share * whole))
    text = sent.body["messages"][0]["content"]
    assert sent.stats.tokens_after < 0.75 * whole
    assert FORMS[form][1].format(ASKED).strip() in text
    assert text.startswith(TOLD)
    assert all(label in text for label in LABELS)


@pytest.mark.parametrize("form", FORMS)
def test_each_row_is_a_passage(form: str) -> None:
    text = "".join(FORMS[form][0].format(*one) for one in WRITTEN)
    passages = example_passages(text)
    assert [text[one.start : one.end] for one in passages] == text.splitlines(keepends=True)
    assert len({fact for one in passages for fact in one.facts}) == len(LABELS)


def test_the_answer_may_stand_first() -> None:
    text = "".join(f"[{label}] {said}\n" for said, label in WRITTEN) + f"[?] {ASKED}"
    assert example_rows(text) == (0, text.index("[?]"))


def test_quoted_rows_may_have_several_lines() -> None:
    text = "".join(f'"{said}\nsigned","{label}"\n' for said, label in WRITTEN) + f'"{ASKED}\nsigned",'
    assert example_rows(text) == (0, text.index(f'"{ASKED}'))


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{n:5}\tcall(sack_{n}) -> done\n" for n in range(20)) + "   20\t",
        "".join(f"/mill/{n} -> /store/{n}\n" for n in range(20)) + "\nWhich of these is the last?",
        "".join(f"| {n} | a | b | c |\n" for n in range(20)) + "\nSource: the archive of the town",
        "We moved these:\n\n"
        + "".join(f"/mill/{n} -> /store/{n}\n" for n in range(20))
        + "\nThe rest is as it was.\n\nNothing else was moved.",
        "".join(f'{{"id": {n}}}\n' for n in range(20)) + '{"id":',
    ],
    ids=["numbered lines", "a question about them", "many columns", "a report", "JSON"],
)
def test_other_rows_are_no_examples(text: str) -> None:
    assert example_rows(text) is None
