"""Which long texts questions are about, in several languages and without a question mark."""

from __future__ import annotations

import pytest

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import instruction_pieces, message_pieces
from token_optimizer.optimizer.embedded.question.about import (
    OpeningForms,
    is_printed_table,
    is_thread,
    questions_about,
)
from token_optimizer.optimizer.embedded.question.sections import paragraphs

TOLD = {
    "Bitte nenne den Tag, an dem der Vertrag mit der Mühle endet.": [
        "Die Unterlagen liegen im Ordner der Abteilung.",
        "Nach der Pause ging es um die Möbel im Saal.",
        "Der Vertrag mit der Mühle endet am 24. Mai.",
    ],
    "Merci de me dire quand se termine le contrat avec le moulin.": [
        "Les documents du service se trouvent dans le dossier commun.",
        "Après la pause, il était question des meubles du salon.",
        "Le contrat avec le moulin se termine le 24 mai.",
    ],
    "Dime cuándo termina el contrato con el molino.": [
        "Los documentos del departamento están en la carpeta común.",
        "Después de la pausa se habló de los muebles de la sala.",
        "El contrato con el molino termina el 24 de mayo.",
    ],
    "请告诉我与磨坊的合同什么时候到期。": [
        "文件在部门的共享文件夹里。",
        "休息之后大家谈到了房间的家具。",
        "与磨坊的合同于五月二十四日到期。",
    ],
    "水車小屋との契約がいつ終了するか教えてください。": [
        "資料は部署の共有フォルダにあります。",
        "休憩の後は部屋の家具の話になりました。",
        "水車小屋との契約は五月二十四日に終了します。",
    ],
}


def _told(sentences: list[str]) -> str:
    *others, answer = sentences
    joint = "" if "。" in answer else " "
    paragraph = joint.join(others * 4)
    return "\n\n".join([*[paragraph] * 5, paragraph + joint + answer, *[paragraph] * 5])


@pytest.mark.parametrize("asked", TOLD)
@pytest.mark.parametrize("form", ["{asked}\n\n{told}", "{told}\n\n{asked}"])
def test_what_is_asked_politely_is_about_the_text(asked: str, form: str) -> None:
    told = _told(TOLD[asked])
    assert questions_about(asked, told) == [asked]
    pieces = message_pieces(form.format(asked=asked, told=told))
    assert "".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE).strip() == asked
    assert TOLD[asked][-1] in "".join(piece.raw for piece in pieces if piece.kind is Kind.DOCUMENT)


HEADS = [
    "ada_7 wrote on 2026-02-0{}:",
    "#{} Posted by bo » 4 Feb 2026, 10:15",
    "**cid** · {} days ago",
    "> On Mon, {} Mar 2026 at 10:15 Ada <ada@example.org> wrote:",
    "Am 0{}.03.2026 um 10:15 schrieb Ada Lund:",
]


@pytest.mark.parametrize("head", HEADS)
def test_posts_below_who_wrote_them_are_a_thread(head: str) -> None:
    thread = "\n\n".join(f"{head.format(at)}\nI think we should ask my board first." for at in range(1, 8))
    assert is_thread(thread)
    assert not is_thread(thread[: len(thread) // 4])
    pieces = message_pieces(f"Please proofread this.\n\n{thread * 4}")
    assert (
        "".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE).strip() == "Please proofread this."
    )


@pytest.mark.parametrize(
    "told", ["", "She wrote to me in 2019.\n" * 9, "We met at 10:15 and at 11:30.\n" * 9]
)
def test_what_one_tells_is_no_thread(told: str) -> None:
    assert not is_thread(told)


def test_columns_below_a_rule_are_a_printed_table() -> None:
    rows = "".join(f"{at}  Ada Lund  Oslo\n" for at in range(10, 30))
    assert is_printed_table(f"id  guest     town\n--  --------  ----\n{rows}")
    assert not is_printed_table(f"A title\n-------\n{rows}")


@pytest.mark.parametrize("task", ["Proofread it and fix all mistakes.", "Convert this to JSON."])
def test_a_task_below_mail_is_no_part_of_it(task: str) -> None:
    mail = "From: Ada <ada@example.org>\nTo: bo@example.org\nSubject: The mill\n\n"
    quoted = "".join(f"> The sacks of day {at} are full.\n>\n> Bo brings more.\n>\n" for at in range(60))
    pieces = message_pieces(f"{mail}Hello all,\n\n{quoted}\n{task}")
    asking = [piece.raw for piece in pieces if piece.kind is Kind.PROSE and not piece.background]
    assert "".join(asking).strip() == task


def test_output_below_a_label_and_a_rule_is_material() -> None:
    told = "".join(f"tests/test_mill.py::test_sack_{at} PASSED\n" for at in range(60))
    text = f"You answer questions.\n\nContext:\n==== test session starts ====\nplatform linux\n\n{told}"
    assert any(piece.kind is Kind.LOG and told in piece.raw for piece in instruction_pieces(text))


def test_a_history_of_commits_is_handed_in_whatever_its_subjects_demand() -> None:
    commits = [
        f"commit {number:040x}\nAuthor: A <a@b.example>\n\n    Add page {number}\n" for number in range(40)
    ]
    text = "\n".join(["Which commit adds page 7?\n", *commits])
    kinds = {piece.kind for piece in message_pieces(text) if len(piece.raw) > 100}
    assert Kind.PROSE not in kinds


def test_turns_below_a_time_ask_nothing_of_the_reader() -> None:
    said = ["lunch?", "deploy is done", "thanks", "on my way", "can someone help?", "see you"]
    text = "".join(f"Ann Lee  9:{number:02} AM\n{words}\n\n" for number, words in enumerate(said))
    openings = OpeningForms(text, told := list(paragraphs(text, 0, len(text))))
    assert all(openings.ask_nothing(openings.form(unit)) for unit in told)
