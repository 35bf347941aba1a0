"""Which questions ask for something in particular."""

import pytest

from token_optimizer.optimizer.selection.soft.specific import is_over_records, specific_stems, wants_all

IN_GENERAL = [
    "",
    "",
    "Summarize this.",
    "Convert this table to JSON.",
    "Please give me a brief overview of the attached document.",
    "What are the key points of the meeting?",
    "Translate the article about the harbour bridge into Danish.",
    "Proofread the letter to the Lindqvist family.",
    "Load the data; I will ask about individual values later.",
    "Rewrite the whole text about bees in simple words.",
    "Fasse den Text zusammen.",
    "List all the ships that are named in the harbour's book.",
    "Extract every invoice number and its total.",
    "Which of these rows look odd?",
    "Nenne mir alle Schiffe im Hafen.",
    "列出所有的船。",
    "Übersetze den Brief an Frau Lund ins Englische.",
    "请翻译这篇关于桥的文章。",
    "Summarise this e-mail thread in two sentences.",
    "TL;DR:",
    "Draft an answer to Ada's last mail.",
]
IN_PARTICULAR = {
    "Who signed the report on the harbour bridge?": {"harbour", "bridg"},
    "Summarize the discussion about the remote's battery.": {"batter"},
    "For the record whose iata is BAK, give country and latitude.": {"iata", "bak"},
    "How many ships did Lund own at all times?": {"ship", "lund"},
    "Answer the question of the customer in this mail about the boot.": {"boot"},
    "Wie hoch ist die Kaution für das Boot?": {"kaution", "boot"},
}


@pytest.mark.parametrize("question", IN_GENERAL)
def test_a_task_over_all_of_a_text_asks_for_nothing_in_particular(question: str) -> None:
    assert not specific_stems(question)


@pytest.mark.parametrize("question", IN_PARTICULAR)
def test_a_question_names_what_it_is_about(question: str) -> None:
    assert specific_stems(question) >= IN_PARTICULAR[question]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("List all of it as a table.", True),
        ("Nenne mir alle Schiffe im Hafen.", True),
        ("Find all errors in the log.", False),
        ("Liste alle Fehler.", False),
        ("Give me every 5xx of today.", False),
        ("Translate this.\nTests: 1 failed, 4 passed", True),
        ("The whole file is below. Why did it fail?", False),
        ("Why did job 7 stop?", False),
        ("", False),
    ],
)
def test_who_wants_all_of_a_text(query: str, wanted: bool) -> None:
    assert wants_all(query) is wanted


@pytest.mark.parametrize(
    "question",
    [
        "What is the average balance of the customers?",
        "How many customers live in Oslo?",
        "Which city has the most customers?",
        "Which customers are older than 65?",
        "Which orders came after 2026-05-01?",
        "What is the total revenue per region?",
        "Wie viele Kunden wohnen in Oslo?",
        "Was ist der durchschnittliche Preis?",
        "Quelle est la moyenne des prix ?",
        "平均价格是多少？",
        "Summarize these orders.",
        "Give me an overview of this data.",
        "What is the number of paid orders?",
    ],
)
def test_what_only_all_records_tell_is_asked_of_all(question: str) -> None:
    assert is_over_records(question)


@pytest.mark.parametrize(
    "question",
    [
        "",
        "How many people live in the town with the code 7120?",
        "For the record whose count is 1070, give date, rate, total and sum.",
        "Which customer is from Tromsø?",
        "How many replicas does the amber-mill deployment run?",
        "How many rows has store/amber.csv?",
        "Which are the three largest packages by bytes, and how many files has the largest?",
        "In the first delivery, what are the values of total?",
        "What is the phone number of Ada?",
    ],
)
def test_what_one_record_tells_is_not(question: str) -> None:
    assert not is_over_records(question)
