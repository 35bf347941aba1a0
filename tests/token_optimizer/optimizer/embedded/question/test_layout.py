"""What asks is told from what is asked about, whatever the layout and the language."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.embedded.layouts import (
    ANSWER,
    ARTICLE,
    LAYOUTS,
    PARAGRAPHS,
    QUESTION,
    asking_of,
    is_asking,
    paragraphs,
)
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import instruction_pieces, message_pieces
from token_optimizer.optimizer.embedded.fences import fences
from token_optimizer.optimizer.embedded.question import layout
from token_optimizer.optimizer.embedded.question.asking import question_of
from token_optimizer.optimizer.embedded.question.layout import embedded_spans

MANUAL = "\n\n".join(
    f"Step {step}. Press the red key until the light is on. You must hold the bar. Turn the wheel to {step}."
    for step in range(1, 40)
)
TASK = "\n".join(
    f"- Please add page {page} to the site, and make sure that it has a title and a link back."
    for page in range(30)
)
DIARY = " ".join(f"On day {day} I walked to my aunt and we talked about our plans." for day in range(40))
PARTS = st.sampled_from(
    [ARTICLE[:900], "\n", "\n\n", "---\n", "<a>", "</a>", '"""', "```\n", "Question: ", "# Notes\n", "Why?\n",
     "Context:\n", '[{"text": "', '"}]', "- x\n", "[END]\n", "> ", "A: b\n"]
)  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_asks_stays_and_the_material_is_apart(name: str) -> None:
    text, staying = LAYOUTS[name]
    pieces = message_pieces(text)
    assert "".join(piece.raw for piece in pieces) == text
    asking = asking_of(text)
    assert [words for words in staying if words not in asking] == []
    assert ANSWER not in asking
    assert len(asking) < 0.15 * len(text)


def test_one_document_of_several_asks_nothing_whatever_its_headings_say() -> None:
    pages = [
        f"# Page {n}\n\n{ARTICLE}\n\n## Request\n\nSend the name.\n\n```json\n{{}}\n```\n" for n in range(3)
    ]
    tagged = "\n".join(f"<document name='{n}'>\n{page}</document>" for n, page in enumerate(pages))
    asking = asking_of(f"{tagged}\n\n{QUESTION}")
    assert QUESTION in asking
    assert len(asking) < 2 * len(QUESTION)


@pytest.mark.parametrize("name", [name for name, (text, _) in LAYOUTS.items() if QUESTION in text])
def test_the_question_is_found_in_what_asks(name: str) -> None:
    question = question_of(asking_of(LAYOUTS[name][0]))
    assert QUESTION in question
    assert len(question) < 3 * len(QUESTION)


def test_a_question_without_a_mark_is_the_short_end_of_a_long_text() -> None:
    words = "tiles of the bath house kiln"
    for text in (f"{ARTICLE}\n\n{words}", f"{words}\n\n{ARTICLE}", f"<text>{ARTICLE}</text>\n\n{words}"):
        assert question_of(asking_of(text)).endswith(words)
        assert ANSWER not in asking_of(text)


def test_a_manual_is_material_though_it_directs() -> None:
    for text in (
        f"{MANUAL}\n\nQuestion: what is step 7?",
        f"Here is the manual:\n\n{MANUAL}\n\nWhat is step 7?",
    ):
        assert "Press the red key" not in asking_of(text)


@pytest.mark.parametrize("text", [TASK, f"Build this for me:\n\n{TASK}", f"{TASK}\n\nCan you do that?"])
def test_a_task_stays_as_it_is(text: str) -> None:
    assert asking_of(text) == text


def test_what_the_user_tells_at_length_is_his_own() -> None:
    pieces = message_pieces(f"{DIARY}\n\nYou MUST answer in French.\n\n{DIARY}\n\nWhat shall we do next?")
    told = [piece for piece in pieces if piece.background]
    assert "".join(piece.raw for piece in told).count("On day") == 80
    assert {piece.kind for piece in told} == {Kind.PROSE}


def test_a_short_message_asks() -> None:
    assert embedded_spans(f"{ARTICLE[:400]}\n\n{QUESTION}") == []


SYSTEM = {
    "tag": f"You answer for the baths. Use the context.\n\n<context>\n{ARTICLE}\n</context>\n\nNever guess.",
    "heading": f"# Role\nYou are Ida.\n\n# Knowledge\n{ARTICLE}\n\n# Behaviour\nYou always greet.",
    "label": f"You are a guide.\n\nDocuments:\n{ARTICLE}\n\nRules:\n- Be short.",
    "introduction": f"You answer questions about the following article.\n\n{ARTICLE}",
    "German": f"Du bist Ida. Antworte nur nach dem Wissen.\n\nWissen:\n{ARTICLE}\n\nRegeln:\n- Kurz.",
}


ARTICLES = [
    f"Sheet {number}\nYou find that the {thing} opens at noon. {paragraph}\nYour ticket is red.\n\n"
    for number, (thing, paragraph) in enumerate(
        zip(["gate", "pool", "bath", "well"] * 4, PARAGRAPHS, strict=True)
    )
]


@pytest.mark.parametrize(
    ("label", "marks", "rules"),
    [
        ("## Knowledge base\n\n", "### ", "## Behaviour\nYou must never guess."),
        ("Long-term memory (session summaries):\n\n", "### ", ""),
    ],
)
def test_articles_below_a_heading_or_a_label_are_material_though_they_say_you(
    label: str, marks: str, rules: str
) -> None:
    told = "".join(f"{marks}{article}" for article in ARTICLES)
    pieces = instruction_pieces(f"You are Ida.\n\n{label}{told}{rules}")
    said = "".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE)
    assert ANSWER not in said
    assert said.startswith("You are Ida.")
    assert rules in said


def test_rules_below_a_heading_of_material_stay_instructions() -> None:
    rules = "".join(f"### Case {n}\nYou must check part {n}. Never skip the seal.\n\n" for n in range(30))
    assert {piece.kind for piece in instruction_pieces(f"You are Ida.\n\n## Information\n\n{rules}")} == {
        Kind.PROSE
    }


@pytest.mark.parametrize("joint", ["\n---\n", "\n***\n"])
def test_the_first_of_many_documents_between_rules_is_no_asking(joint: str) -> None:
    told = [f"Sheet {n}\n\nConsider how you get in. {paragraph}" for n, paragraph in enumerate(PARAGRAPHS)]
    asking = asking_of(joint.join([*told, QUESTION]))
    assert asking.split() == [joint.strip(), *QUESTION.split()]


TOLD_AS_WE = (
    "We open the gate at noon, and our guests walk in below the roof that we had raised for them in spring. "
    "We keep the fire in the cellar until our last guest has gone, and then we close the two pumps by hand. "
    "Our council lets us sell the old tiles, which we keep in the yard below the wall until they are sold. "
)


def test_what_is_told_above_a_question_is_no_asking_for_a_word_in_it_that_asks() -> None:
    told = f"{PARAGRAPHS[0]} Consider the roof of it. {PARAGRAPHS[1]}"
    assert asking_of(f"{ARTICLE}\n\n{told}\n\n{QUESTION}").split() == QUESTION.split()
    own = "I walk there each day. My aunt does, too. I want to know all of it."
    assert own in asking_of(f"{ARTICLE}\n\n{own}\n\n{QUESTION}")


def test_what_is_told_as_we_above_other_material_is_no_asking() -> None:
    assert asking_of(f"{TOLD_AS_WE}\n\n{ARTICLE}\n\n{QUESTION}").split() == QUESTION.split()
    own = TOLD_AS_WE.replace("We open", "I open")
    assert own.strip() in asking_of(f"{own}\n\n{ARTICLE}\n\n{QUESTION}")


def test_the_first_of_many_records_below_heads_with_brackets_is_no_asking() -> None:
    told = [
        f"[chunk 7f{n:02x} | baths/sheet-{n}.html | score={90 - n}]\nConsider how to get in. {paragraph}\n\n"
        for n, paragraph in enumerate(PARAGRAPHS)
    ]
    assert asking_of(f"<question>{QUESTION}</question>\n{''.join(told)}").split() == [
        *f"<question>{QUESTION}</question>".split()
    ]


@pytest.mark.parametrize("name", SYSTEM)
def test_material_in_a_system_text_is_set_apart_from_its_instructions(name: str) -> None:
    text = SYSTEM[name]
    said = "".join(piece.raw for piece in instruction_pieces(text) if piece.kind is Kind.PROSE)
    assert said.split() == text.replace(ARTICLE, "").split()


def test_a_log_in_a_system_text_is_one_thing_with_what_stands_between_its_parts() -> None:
    part = "".join(f"2026-03-0{n % 9 + 1}T10:00:00Z INFO step {n} done\n" for n in range(30))
    log = f"{part}\nwaiting for the lock of the pump\n\n{part}"
    pieces = instruction_pieces(f"You watch the pumps.\n\n## Logs\n\n{log}\n## Rules\n\nBe brief.")
    said = "".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE)
    assert "done" not in said
    assert said.endswith("## Rules\n\nBe brief.")


@pytest.mark.parametrize(
    "text",
    [
        f"You are a guide.\n\n{ARTICLE}",
        f"<policy>\n{MANUAL}\n</policy>\nKeep to it.",
        f"# Context\n{MANUAL}",
        f"<examples>\n{ARTICLE}\n</examples>\nAnswer like that.",
        "## Steps\n" + "\n".join(f"- You must check part {part} first." for part in range(60)),
        "COMMANDS:\n"
        + "\n".join(
            f"open_{n}:\n  docstring: opens the file\n  - text (string): the text" for n in range(40)
        ),
    ],
)
def test_instructions_of_a_system_text_are_never_taken_for_material(text: str) -> None:
    assert {piece.kind for piece in instruction_pieces(text)} == {Kind.PROSE}


@given(st.lists(PARTS, max_size=14).map("".join))
def test_the_pieces_of_any_layout_are_the_text(text: str) -> None:
    for pieces in (message_pieces(text), instruction_pieces(text)):
        assert "".join(piece.raw for piece in pieces) == text


def test_material_that_instructions_announce_in_a_sentence_is_apart() -> None:
    told = "You answer questions. Use the following bits of retrieved text to answer. Two lines at most."
    pieces = instruction_pieces(f"{told}\n\n{ARTICLE}")
    assert "".join(piece.raw for piece in pieces if is_asking(piece)).strip() == told


@pytest.mark.parametrize(
    "label",
    ["steps:\n", "One row a request: ids and times.\n", "## The life of a request\n", "      responses:\n"],
)
def test_labels_in_a_text_with_a_question_behind_it_ask_nothing(label: str) -> None:
    text = f"{ARTICLE[:2000]}\n\n{label}{ARTICLE[:2000]}\n\nWho built the mill?"
    assert "".join(piece.raw for piece in message_pieces(text) if piece.kind is Kind.PROSE).strip() == (
        "Who built the mill?"
    )


def test_a_heading_with_a_line_of_tildes_opens_no_fence() -> None:
    text = "".join(f"Part {n}\n~~~~~~~~~~\n\n{ARTICLE[:600]}\n\n" for n in range(4))
    assert [piece.kind for piece in message_pieces(f"{text}Who built the mill?")][-1] is Kind.PROSE
    assert not list(fences(text))


def test_clauses_behind_a_question_ask_nothing() -> None:
    clauses = "\n".join(
        f"{n}.1 The Lessee {'shall keep' if n % 5 == 0 else 'has'} room {n} in repair at his own cost."
        for n in range(60)
    )
    pieces = message_pieces(f"How many hives may stand on the roof?\n\n{clauses}")
    assert [(piece.kind, piece.raw.strip()) for piece in pieces] == [
        (Kind.PROSE, "How many hives may stand on the roof?"),
        (Kind.DOCUMENT, clauses),
    ]


def test_a_table_is_material_whatever_its_rows_say() -> None:
    rows = "".join(f'{n},Ada,"I told you that we must wait for {n} of them"\n' for n in range(60))
    pieces = message_pieces(f"start,speaker,text\n{rows}\nWhat did Ada tell us?")
    assert [piece.kind for piece in pieces] == [Kind.DOCUMENT, Kind.PROSE]


def test_mail_is_material_whatever_it_says_to_its_reader() -> None:
    mail = "\n\n".join(
        f"From: Ada <ada@mail.test>\nTo: Bo <bo@mail.test>\nDate: Thu, {n} Mar 2026\nSubject: Keys\n\n"
        "I left them with you, I think. Please look for them before you go, and write to me."
        for n in range(20)
    )
    (span,) = embedded_spans(f"{mail}\n\n{QUESTION}")
    assert not span.is_background


SPOKEN = [
    f"I think we should first talk about the {what} with Ida, since you said that it took {n} days."
    for n, what in enumerate(("fair", "roof", "scanner", "parking", "party", "wall", "gate", "lamp") * 5)
]
ASIDE = "Nadia signs the contract of the printer on 14 March."
ABOUT = "Who signs the contract of the printer, and when?"


@pytest.mark.parametrize("joint", ["\n\n", "\n", " "])
def test_long_material_without_a_label_is_no_asking(joint: str) -> None:
    told = joint.join([*SPOKEN[:30], ASIDE, *SPOKEN[30:]])
    pieces = message_pieces(f"{told}\n\n{ABOUT}")
    assert [(piece.kind, piece.raw.strip()) for piece in pieces] == [
        (Kind.DOCUMENT, told),
        (Kind.PROSE, ABOUT),
    ]


def test_long_instructions_stay_and_are_the_users_own_where_a_question_asks_about_them() -> None:
    rules = "\n".join(f"- You must greet guest {n} and you should open his locker." for n in range(60))
    told = f"You are the guide of the baths.\n{rules}\n- You must name the kiln of the tiles.\n{rules}"
    assert asking_of(f"{told}\n\nCan you do that?") == f"{told}\n\nCan you do that?"
    pieces = message_pieces(f"{told}\n\n{QUESTION}")
    assert [(piece.kind, piece.background) for piece in pieces if rules[:50] in piece.raw] == [
        (Kind.PROSE, True)
    ]
    assert asking_of(f"{told}\n\n{QUESTION}").split("\n")[0] == "You are the guide of the baths."


def test_a_long_task_without_persons_stays_as_it_is() -> None:
    told = TASK.replace("make sure", "check") * 2
    assert asking_of(f"{told}\n\nIs that clear?") == f"{told}\n\nIs that clear?"


@pytest.mark.parametrize("number", ["{n}.1", "Section {n}.", "§ {n}"])
def test_numbered_clauses_are_material_whatever_they_demand(number: str) -> None:
    clauses = "\n\n".join(f"{number.format(n=n)} You must keep room {n} in good repair." for n in range(40))
    pieces = message_pieces(f"{clauses}\n\n{QUESTION}")
    assert [piece.kind for piece in pieces] == [Kind.DOCUMENT, Kind.PROSE]


RECORDS = [
    f"Hall {n}\nThe {what} of the hall was cleaned in May." for n, what in enumerate(("roof", "gate") * 30)
]


def test_the_last_record_is_no_part_of_a_question_right_below_it() -> None:
    told = "\n\n".join([*RECORDS[:40], ASIDE, *RECORDS[40:]])
    assert asking_of(f"{told}\n{ABOUT}").strip() == ABOUT


def test_what_the_user_says_right_above_his_question_stays_with_it() -> None:
    said = f"I am at the counter and the printer is new.\n{ABOUT}"
    assert asking_of(f"{ARTICLE}\n\n{said}").strip() == said


@pytest.mark.parametrize("form", ["{asked}\n{answer}", "**{asked}**\n{answer}"])
def test_questions_with_their_answers_are_material(form: str) -> None:
    places = ("room", "locker", "garden shed", "stage", "lamp", "oven") * 8
    told = "\n\n".join(
        form.format(asked=f"How do I book the {place}?", answer=f"You should ask for form {n}. Please wait.")
        for n, place in enumerate(places)
    )
    pieces = message_pieces(f"{told}\n\nWho repairs the lamp of the kiln?")
    assert [(piece.kind, piece.raw.strip()) for piece in pieces] == [
        (Kind.DOCUMENT, told),
        (Kind.PROSE, "Who repairs the lamp of the kiln?"),
    ]


@pytest.mark.parametrize(
    "asked", [f"Tell me {ABOUT[0].lower()}{ABOUT[1:-1]}.", ABOUT[:-1], f"Can you tell me {ABOUT.lower()}"]
)
def test_what_asks_without_a_mark_or_politely_is_about_the_material(asked: str) -> None:
    told = "\n".join([*SPOKEN[:30], ASIDE, *SPOKEN[30:]])
    pieces = message_pieces(f"{told}\n\n{asked}")
    assert [(piece.kind, piece.raw.strip()) for piece in pieces] == [
        (Kind.DOCUMENT, told),
        (Kind.PROSE, asked),
    ]


def test_numbered_demands_without_a_question_are_the_users_own() -> None:
    demands = "\n".join(f"{n}.1 Please write chapter {n}, and you must keep it short." for n in range(60))
    text = f"Write a book.\n\n{demands}\n\nBegin now."
    assert asking_of(text) == text


@pytest.mark.parametrize(
    ("lead", "told", "asked"),
    [
        (
            "次の文章を読んで質問に答えてください。",
            "会場は北区で、駐車場は四十台分です。",
            "質問：どこですか。",
        ),
        ("根据以下资料回答问题。", "员工每年享有十天带薪年假，须提前两周申请。", "问题：年假有几天？"),
        (
            "다음 글을 읽고 질문에 답하세요.",
            "대출은 한 번에 다섯 권까지 됩니다. ",
            "질문: 몇 권?",
        ),
    ],
)
def test_short_material_of_dense_scripts_is_material(lead: str, told: str, asked: str) -> None:
    material = told * 18
    text = f"{lead}\n\n{material}\n\n{asked}"
    assert [text[one.start : one.end].strip() for one in embedded_spans(text)] == [material.strip()]


_LINES = (
    ANSWER, QUESTION, *PARAGRAPHS[:2], "The council closed it for two winters. " * 12, "z" * 300,
    "What does this report say?", "Read the text below.", "Here is the table:", "It is given above",
    "I must know.", "Document 1:", "Question: ", "## Notes", "---", "<note>", "</note>", "Ann: yes",
)  # fmt: skip
_SHORT_PARTS = st.lists(st.sampled_from(_LINES), min_size=2, max_size=9)


@given(_SHORT_PARTS, st.sampled_from((" ", "\n", "\n\n")), st.booleans(), st.booleans())
def test_short_texts_have_what_a_long_look_finds(
    parts: list[str], between: str, instructions: bool, to_agent: bool
) -> None:
    text = between.join(parts)[:1_199]
    found = embedded_spans(text, instructions=instructions, to_agent=to_agent)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(layout, "_is_short_asking", lambda *_: False)
        assert embedded_spans(text, instructions=instructions, to_agent=to_agent) == found


def test_an_article_that_is_all_of_a_message_is_handed_in() -> None:
    told = "\n\n".join(paragraphs(40))
    documents = [piece.raw for piece in message_pieces(told) if piece.kind is Kind.DOCUMENT]
    assert sum(map(len, documents)) > 0.9 * len(told)
    assert all(piece.kind is Kind.PROSE for piece in message_pieces(DIARY * 3))
    assert all(piece.kind is Kind.PROSE for piece in message_pieces(told, to_agent=True))


def test_an_article_in_chinese_with_words_of_duty_is_material() -> None:
    told = "\n\n".join(f"第{number}号桥建于河的东岸。" * 12 for number in range(20))
    text = f"{told}\n\n人们必须步行过桥。\n\n哪座桥最长"
    assert asking_of(text).strip() == "哪座桥最长"


def test_code_and_lines_within_the_material_ask_nothing_beside_a_question() -> None:
    parts = [f"## Part {number}\n\n{ARTICLE[:900]}\n\n```yaml\njob: {number}\n```\n" for number in range(8)]
    asking = asking_of("\n".join([ARTICLE, *parts, ARTICLE, f"---\n\n{QUESTION}"]))
    assert QUESTION in asking
    assert "job:" not in asking


_TURNS = [f"<user>Is it sail {n}?</user>\n<assistant>{text}</assistant>" for n, text in enumerate(PARAGRAPHS)]


@pytest.mark.parametrize(
    "told",
    [
        "\n\n".join(f"user: {text}\nassistant: It is so." for text in PARAGRAPHS),
        "\n".join(_TURNS),
        json.dumps([{"role": "user", "content": text} for text in PARAGRAPHS], indent=1),
    ],
)
@pytest.mark.parametrize("label", ["You help. Conversation so far:\n", "You help.\n\n## Chat history\n\n"])
def test_the_history_in_a_system_text_is_material(label: str, told: str) -> None:
    pieces = instruction_pieces(label + told)
    staying = "".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE and len(piece.raw) > 60)
    assert ANSWER not in staying
    assert pieces[0].raw.startswith("You help.")


def test_json_in_tags_of_a_system_text_is_material_whatever_it_says() -> None:
    turns = [{"role": "assistant", "content": f"You should always ask me. {n}"} for n in range(40)]
    pieces = instruction_pieces(f"You help.\n\n<history>\n{json.dumps(turns)}\n</history>\n\nBe brief.")
    assert sum(len(piece.raw) for piece in pieces if piece.kind is not Kind.PROSE) > 1_000


@pytest.mark.parametrize("lead", ["Guest list:", "These are the guests of the inn:"])
def test_json_that_a_system_text_names_is_material(lead: str) -> None:
    guests = json.dumps([{"guest": f"guest {n}", "room": n, "late": n % 7 == 0} for n in range(80)])
    pieces = instruction_pieces(f"You work for an inn.\n\n{lead}\n{guests}")
    assert [piece.raw for piece in pieces if piece.kind is Kind.JSON] == [guests]


@pytest.mark.parametrize("lead", ["Output format:", "Return exactly:", "Here is an example:", "Policies:"])
def test_json_that_is_a_form_or_a_rule_stays(lead: str) -> None:
    form = json.dumps([{"guest": f"guest {n}", "room": n, "late": n % 7 == 0} for n in range(80)])
    assert {piece.kind for piece in instruction_pieces(f"You work for an inn.\n\n{lead}\n{form}")} == {
        Kind.PROSE
    }


@pytest.mark.parametrize(
    "fields", ["From: {}\nTo: Joe\nDate: {}\nSubject: Tiles", "De : {}\nDate : {}\nObjet : Tiles"]
)
def test_a_short_thread_of_mail_is_material(fields: str) -> None:
    head = fields.format("Ann <ann@peak.example>", "4 May 2026")
    mails = "\n\n".join(f"{head}\n\nkiln {n} is hot, {n} tiles are done.\n\nAnn" for n in range(8))
    assert 600 < len(mails) < 1200
    assert asking_of(f"{mails}\n\n{QUESTION}").strip() == QUESTION
