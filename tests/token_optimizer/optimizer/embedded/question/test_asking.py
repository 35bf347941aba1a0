"""What words, labels and headings say of a text's part."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.embedded.question.asking import (
    Role,
    addresses,
    asks,
    asks_question,
    asks_unmarked,
    directive_share,
    heading_name,
    label_role,
    mentions_material,
    question_of,
    reader_directive_share,
    role_of_name,
)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Question", Role.QUESTION),
        ("user query", Role.QUESTION),
        ("Helpful answer", Role.INSTRUCTION),
        ("output_format", Role.INSTRUCTION),
        ("reference material", Role.MATERIAL),
        ("Quellen", Role.MATERIAL),
        ("This is the context you're working with", Role.MATERIAL),
        ("Here is the transcript that you should read", Role.MATERIAL),
        ("This is the winner you never heard of", Role.NONE),
        ("Вопрос", Role.QUESTION),
        ("参考资料", Role.MATERIAL),
        ("質問", Role.QUESTION),
        ("उत्तर", Role.INSTRUCTION),
        ("คำถาม", Role.QUESTION),
        ("END OF TEXT", Role.NONE),
        ("/context", Role.NONE),
        ("Harbour board", Role.NONE),
        ("what the people of the town said about the text", Role.NONE),
        ("", Role.NONE),
    ],
)
def test_the_role_of_a_name(name: str, role: Role) -> None:
    assert role_of_name(name) is role


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("Question: who?", Role.QUESTION),
        ("**Task**: sum it up", Role.INSTRUCTION),
        ("> Context: it rained", Role.MATERIAL),
        ("问题：谁？", Role.QUESTION),
        ("It rained: we stayed", Role.NONE),
        ("no label here", Role.NONE),
    ],
)
def test_the_label_of_a_line(line: str, role: Role) -> None:
    assert label_role(line) is role


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("## The pumps", "The pumps"),
        ("[CONTEXT]", "CONTEXT"),
        ("[/CONTEXT]", "/CONTEXT"),
        ("--- BEGIN NOTES ---", "BEGIN NOTES"),
        ("=== Sources ===", "Sources"),
        ("**Question**", "Question"),
        ("【资料】", "资料"),
        ("REFERENCE TEXT:", "REFERENCE TEXT"),
        ("- a list item:", None),
        ("(It rained. We stayed.)", None),
        ("<div>", None),
        ("The pumps stood still", None),
        ("-----", None),
    ],
)
def test_the_words_of_a_heading(line: str, name: str | None) -> None:
    assert heading_name(line) == name


@pytest.mark.parametrize(
    "text",
    [
        "Who sold the pumps?",
        "Sum up what the report says, please.",
        "Answer in one sentence.",
        "Use only the notes above.",
        "I want to know who sold the pumps.",
        "According to the report, who sold the pumps",
        "Based on these notes, name the buyer",
        "If the answer is not there, say so.",
        "Laut dem Text: wer verkaufte die Pumpen",
        "Beantworte die Frage kurz.",
        "Résume le texte suivant.",
        "请用一句话回答。",
        "次の文を要約してください。",
        "Ответь кратко.",
    ],
)
def test_what_asks(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "According to the first clause of the charter, all tolls belong to the town.",
        "From the bridge one sees three mills.",
        "Based on a pump of 1870, the new one ran for forty years.",
        "If the water rose, the bath house was closed.",
        "The pumps were sold in 1931.",
        "Der Rat schloss das Bad.",
        "水泵卖给了酿酒厂。",
        "Who? " * 200,
    ],
)
def test_what_does_not_ask(text: str) -> None:
    assert not asks(text)


def test_what_speaks_of_the_material() -> None:
    assert mentions_material("Keep to the text above.")
    assert mentions_material("Here is what the following documents say:")
    assert not mentions_material("The text of the law is old.")


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Use the notes.\nQuestion: Who sold the pumps?\nAnswer:", "Who sold the pumps?"),
        ("<rules>Be short.</rules>\n<question>Who sold\nthe pumps?</question>", "Who sold\nthe pumps?"),
        ("# Question\n\nWho sold them?\n\n# Output\n\nOne word.", "Who sold them?"),
        ("Read the text below.\nMy pump is number 7. Who sold it?", "My pump is number 7.\nWho sold it?"),
        ("Using the text, answer this: sellers of pumps", "sellers of pumps"),
        ("Summarise the sale of the pumps.\n\nHere are the notes:", "Summarise the sale of the pumps."),
        ("Sum up the text above.", "Sum up the text above."),
        ("", ""),
    ],
)
def test_the_question(text: str, question: str) -> None:
    assert question_of(text) == question


def test_words_are_found_in_any_case_and_script_and_in_no_other_word() -> None:
    assert all(map(addresses, ("WE shipped it.", "Это сделали МЫ.", "I'M done.")))
    assert not addresses("The western trust showed duty.")
    assert directive_share("You MUST stop. Jamais de sel. Он ДОЛЖЕН идти. The mustard is hot.") == 0.75
    assert reader_directive_share("I must go. We have to pay. The tenant shall pay. Never stop.") == 0.25
    assert reader_directive_share("YOU SHALL pay. They must go.") == 1.0
    assert mentions_material("THESE DOCUMENTS say so")
    assert not mentions_material("thesedocuments say so")


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("user_input", Role.QUESTION),
        ("Customer message", Role.QUESTION),
        ("input", Role.MATERIAL),
        ("Context for the answer", Role.MATERIAL),
        ("Rules for the context", Role.INSTRUCTION),
        ("Memory", Role.MATERIAL),
    ],
)
def test_the_role_of_a_name_is_that_of_what_it_names(name: str, role: Role) -> None:
    assert role_of_name(name) is role


def test_a_semicolon_asks_in_greek_alone() -> None:
    assert asks_question("Ποιος είναι ο ρόλος του;")
    assert not asks_question("int role = 1;")


@pytest.mark.parametrize("text", ["สะพานยาวเท่าไร", "桥有多长", "Cầu dài bao nhiêu mét", "पुल कितना लंबा है"])
def test_some_languages_ask_without_a_mark(text: str) -> None:
    assert asks_unmarked(text)
    assert not asks_unmarked("The bridge is long")


@pytest.mark.parametrize(
    "text",
    [
        "who designed the old harbour bridge",
        "Answer this: when is the ferry due",
        "wie lang ist die alte Brücke",
    ],
)
def test_a_line_in_small_letters_asks_by_its_first_word(text: str) -> None:
    assert asks_unmarked(text)
    assert asks(text)


@pytest.mark.parametrize(
    "text", ["How we moved the old bridge", "how it works.", "who did it", "the one who built the old bridge"]
)
def test_titles_and_parts_of_sentences_do_not(text: str) -> None:
    assert not asks_unmarked(text)


@pytest.mark.parametrize("told", ["他申请了一份工作。", "她邀请朋友来家里。"])
def test_who_applies_or_invites_asks_for_nothing(told: str) -> None:
    assert not asks(told)
    assert asks("请列出名字。")
