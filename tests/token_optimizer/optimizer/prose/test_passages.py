"""Passages of prose, documents, transcripts and examples: where they begin and end, and what they name."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer.models import Marker, Passage
from token_optimizer.optimizer.embedded.worked.passages import answer_passages, example_passages
from token_optimizer.optimizer.prose.passages import document_passages, prose_passages, spoken_passages

EXAMPLES = """Q: What is 2 + 2?
Add them.
The answer is 4

Q: What is 3 * 3?
Multiply them.
The answer is 9

"""


def _texts(text: str, passages: list[Passage]) -> list[str]:
    return [text[passage.start : passage.end] for passage in passages]


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("", []),
        (
            "The mill closed in 1904 for good. The village shrank after the flood came.",
            ["The mill closed in 1904 for good.", " The village shrank after the flood came."],
        ),
        (
            "Ada built the first engine in London. She sold it to a mill in the north.",
            ["Ada built the first engine in London. She sold it to a mill in the north."],
        ),
        (
            "Take with you the following things:\n- a rope of twenty metres\n- a lamp with enough oil\n",
            ["Take with you the following things:\n- a rope of twenty metres\n- a lamp with enough oil\n"],
        ),
        (
            "We list the folder before anything else.\n```\nls -la\n```\n",
            ["We list the folder before anything else.\n", "```\nls -la\n```\n"],
        ),
    ],
)
def test_sentences_come_with_what_they_need(text: str, passages: list[str]) -> None:
    assert _texts(text, prose_passages(text)) == passages


def test_the_marker_of_an_earlier_cut_is_no_passage() -> None:
    text = (
        "The mill closed in 1904 for good.\n[… 3 passages left out]\nThe village shrank after that flood.\n"
    )
    start = text.index("[")
    markers = (Marker(start, text.index("]") + 1, "cut", "passage", 3),)
    assert _texts(text, prose_passages(text, None, markers)) == [
        "The mill closed in 1904 for good.\n",
        "The village shrank after that flood.\n",
    ]
    assert len(prose_passages(text)) == 3


@pytest.mark.parametrize("title", ["[2] The mill\n", "Document [2] (Title: The mill) ", "Passage 2: "])
def test_the_title_of_a_document_is_no_passage(title: str) -> None:
    text = f"{title}The mill closed in 1904 for good. The village shrank after the flood came.\n\n"
    assert "".join(_texts(text, document_passages(text))) == text.removeprefix(title)


def test_a_speaker_stays_with_what_was_said() -> None:
    text = "[10:02] Ada: The mill closed. We left.\nand the river rose\nGrad B: Oh no.\n"
    assert _texts(text, spoken_passages(text)) == [
        "[10:02] Ada: The mill closed. We left.\nand the river rose\n",
        "Grad B: Oh no.\n",
    ]


@pytest.mark.parametrize(
    "date",
    ["4 May 2026\n", "Monday, May 4th, 2026\n", "--- 2026-05-04 10:15 ---\n", "[1:56 pm on 8 May, 2023]\n"],
)
def test_a_date_stays_with_what_was_said_on_it(date: str) -> None:
    text = f"Ada: The mill closed.\n{date}Grad B: It opened again.\n"
    assert _texts(text, spoken_passages(text)) == [
        "Ada: The mill closed.\n",
        f"{date}Grad B: It opened again.\n",
    ]
    prose = f"{date}The mill opened again after the winter.\nThe village grew in the year after that.\n"
    assert _texts(prose, prose_passages(prose))[0] == f"{date}The mill opened again after the winter.\n"


def test_names_and_times_above_what_is_said_stay_with_it() -> None:
    said = [f"{name}\n10:0{n} AM\nThe mill is shut.\n" for n, name in enumerate(("Ada", "Bo", "Ada", "Bo"))]
    text = "".join(said)
    assert _texts(text, spoken_passages(text)) == said


@pytest.mark.parametrize("line", ["May I go?\n", "Version 4.5.2026 is out\n", "Chapter 12\n"])
def test_what_only_resembles_a_date_is_a_line_like_any_other(line: str) -> None:
    text = f"Ada: The mill closed.\n{line}Grad B: It opened again.\n"
    assert _texts(text, spoken_passages(text))[0] == f"Ada: The mill closed.\n{line}"


@pytest.mark.parametrize(
    "marker",
    [
        '[added, from the stored document "Handbook / Mill":]',
        "[left out of message 3 (tool) before, asked for now:]",
        "[1 older message left out]",
    ],
)
def test_a_marker_is_no_passage_that_could_go(marker: str) -> None:
    text = f"{marker}\nThe mill closed in 1904 for good.\n"
    markers = (Marker(0, len(marker), "source"),)
    assert _texts(text, prose_passages(text, None, markers)) == ["The mill closed in 1904 for good.\n"]


@pytest.mark.parametrize("opening", ["After that", "Otherwise", "In this case", "If not", "It then"])
def test_what_goes_on_from_a_sentence_belongs_to_it(opening: str) -> None:
    said = f"Webhooks are sent again eight times over a whole day. {opening}, the event is marked as failed."
    text = f"{said} Keys of the office are at the front desk downstairs.\n"
    assert _texts(text, prose_passages(text))[0].strip() == said


def test_empty_lines_of_quoted_mail_are_no_passages() -> None:
    text = (
        "> The crates of the shop leave Kiel on Monday.\n>\n>> \n> The driver has the papers of the shop.\n"
    )
    passages = _texts(text, prose_passages(text))
    assert [one.strip(">\n ") for one in passages] == [line.strip("> ") for line in text.split("\n")[::3][:2]]


def test_the_definition_of_a_table_is_one_passage() -> None:
    table = "CREATE TABLE guests (\n  id INT PRIMARY KEY,\n  town TEXT NOT NULL\n);\n\n"
    other = "The table of rooms has been empty since the last move of the office.\n"
    assert _texts(table + other, document_passages(table + other)) == [table, other]


def test_an_example_is_what_leads_to_the_answer_and_the_answer() -> None:
    passages = example_passages(EXAMPLES)
    assert _texts(EXAMPLES, passages) == [
        "Q: What is 2 + 2?\nAdd them.\n",
        "The answer is 4\n\n",
        "Q: What is 3 * 3?\nMultiply them.\n",
        "The answer is 9\n\n",
    ]
    lead, answer, second_lead, _ = (passage.value + sum(passage.facts.values()) for passage in passages)
    assert answer > second_lead
    assert lead > second_lead


@given(any_text)
def test_passages_of_any_text_stand_in_order(text: str) -> None:
    for passages in (
        prose_passages(text),
        document_passages(text),
        spoken_passages(text),
        example_passages(text),
    ):
        edges = [edge for passage in passages for edge in (passage.start, passage.end)]
        assert edges == sorted(edges)
        assert all(0 <= edge <= len(text) for edge in edges)


def test_an_answer_on_one_line_begins_with_what_all_of_them_share() -> None:
    text = "\n\n".join(
        f"Q: What is {n} + {n}?\nA: That makes {n} and {n} more The answer is {2 * n}" for n in range(4)
    )
    passages = example_passages(text)
    assert [text[one.start : one.end].strip() for one in passages[1::2]] == [
        f"The answer is {2 * n}" for n in range(4)
    ]


@pytest.mark.parametrize(
    ("answer", "passages"),
    [
        (
            "There are two of them here.\nSo 2 + 2 = 4.\n#### 4",
            ["There are two of them here.\nSo 2 + 2 = 4.\n", "#### 4"],
        ),
        (
            "There are two, and two more come. So it is 4.",
            ["There are two, and two more come.", " So it is 4."],
        ),
        ("positive", []),
        ('{\n  "team": "pumps and fans of bay 7",\n  "urgent": true\n}', []),
    ],
)
def test_what_leads_to_an_answer_is_apart_from_it(answer: str, passages: list[str]) -> None:
    assert _texts(answer, answer_passages(answer)) == passages


def test_a_sentence_of_chinese_is_no_short_one_that_goes_with_the_one_before() -> None:
    text = "车站内拾得物品保存三十日。列车内禁止饮食，违者罚款。逃票者补交票款，并加收十倍票款。"
    assert len(document_passages(text)) == 3
