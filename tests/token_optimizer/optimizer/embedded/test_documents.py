"""Material is taken apart into its documents, each with what stands around it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from token_optimizer.models import Kind, Wrapper
from token_optimizer.optimizer.embedded.content import kind_of, message_pieces, result_pieces
from token_optimizer.optimizer.embedded.documents import documents_of, marked_documents
from token_optimizer.optimizer.embedded.json_texts import text_pieces
from token_optimizer.optimizer.embedded.pieces import Piece

TOLD = "The weir was raised by a foot, and the meadows behind it were under water each spring since. " * 4
LOG = "".join(f"2026-02-0{n % 9 + 1}T08:00:0{n % 10}Z INFO pump {n} started\n" for n in range(30))
PARTS = st.sampled_from(["<a>", "</a>", "<b x='1'/>", TOLD, "\n", "---\n", "## Part\n", "x", "</", "<"])
VALUES = st.recursive(
    st.none()
    | st.integers()
    | st.sampled_from(["", "a", TOLD, 'say "it"\n' * 60, "Fluß " * 60, "\ud800" * 200]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


def _documents(pieces: list[Piece]) -> list[Piece]:
    return [piece for piece in pieces if piece.kind is Kind.DOCUMENT]


def test_tags_stand_around_a_document() -> None:
    text = (
        "<all>\n"
        + "".join(f"<doc n='{n}'>\n<name>P{n}</name>\n{TOLD}\n</doc>\n" for n in range(3))
        + "</all>"
    )
    pieces = documents_of(text)
    assert "".join(piece.raw for piece in pieces) == text
    assert [piece.content for piece in _documents(pieces)] == [TOLD.rstrip()] * 3
    first = _documents(pieces)[0].wrapper
    assert first == Wrapper("", "<doc n='0'>\n<name>P0</name>\n", " \n</doc>\n")
    assert first.around("It rained.") == "<doc n='0'>\n<name>P0</name>\nIt rained. \n</doc>\n"


@pytest.mark.parametrize(
    "text",
    [
        "\n---\n".join([TOLD] * 3),
        "".join(f"## Sheet {n}\n\n{TOLD}\n\n" for n in range(3)),
        "".join(f"Sheet {n} follows.\n### Part {n}\n{TOLD}\n" for n in range(3)),
        "\n\n".join(f"Sheet {n} (of the archive)\n{TOLD}" for n in range(3)),
    ],
)
def test_rules_headings_and_titles_part_documents(text: str) -> None:
    pieces = documents_of(text)
    assert "".join(piece.raw for piece in pieces) == text
    assert len(_documents(pieces)) == 3


def test_a_title_stands_around_its_text_and_paragraphs_without_one_go_with_it() -> None:
    parts = [f"Sheet {n}\n{TOLD}" for n in range(4)]
    parts[2] += f"\n\n{TOLD}"
    pieces = _documents(documents_of("\n\n".join(parts)))
    assert [piece.wrapper and piece.wrapper.before for piece in pieces] == [f"Sheet {n}\n" for n in range(4)]
    assert len(pieces[2].content) > 2 * len(TOLD)


@pytest.mark.parametrize(
    "text",
    [
        TOLD,
        "<b>x</b> and <b>y</b>",
        "a\n---\nb",
        f"<p>{TOLD}</p>",
        "\n\n".join(f"Sheet {n} was found:\n{TOLD}" for n in range(3)),
        "\n\n".join("\n".join([TOLD[:90]] * 5) for n in range(4)),
        "\n\n".join([f"Sheet 1\n{TOLD}", *[TOLD] * 4]),
    ],
)
def test_one_text_is_not_taken_apart(text: str) -> None:
    assert documents_of(text) == []


@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_items_of_a_json_list_are_documents(ascii_only: bool) -> None:
    rows = [{"id": n, "text": f"Straße {n} — „ja“\n{TOLD}", "ok": True} for n in range(3)]
    text = json.dumps({"hits": rows, "total": 3}, ensure_ascii=ascii_only)
    pieces = text_pieces(text, kind_of)
    assert "".join(piece.raw for piece in pieces) == text
    documents = _documents(pieces)
    assert [piece.content for piece in documents] == [row["text"] for row in rows]
    rest = "".join(piece.raw for piece in pieces if piece.kind is Kind.OPAQUE)
    assert json.loads(rest) == {"hits": [], "total": 3}
    written = [
        piece.wrapper.around("[… 1 document left out]\n\n", is_marker=True)
        for piece in documents
        if piece.wrapper
    ]
    assert json.loads(f"[{''.join(written)}]") == ["[… 1 document left out]"] * 3
    short = [piece.wrapper.around('He said "no".') for piece in documents if piece.wrapper]
    assert [row["text"] for row in json.loads(f"[{''.join(short)}]")] == ['He said "no".'] * 3


ASKED = "Which of the passes in the west are open in the second week of May, and which need chains?"
ANSWERED = "The Brenner is open all year round by car, and none of them needs chains after the first of May."


@pytest.mark.parametrize(
    ("role", "said", "roles"),
    [("role", "content", ("user", "assistant")), ("from", "value", ("human", "gpt"))],
)
def test_each_message_of_a_chat_is_a_text_though_it_is_short(
    role: str, said: str, roles: tuple[str, str]
) -> None:
    messages = [{role: roles[n % 2], said: (ASKED, ANSWERED)[n % 2]} for n in range(8)]
    documents = _documents(text_pieces(json.dumps(messages), kind_of))
    assert [piece.content for piece in documents] == [ASKED, ANSWERED] * 4


def test_records_of_users_are_no_chat() -> None:
    rows = [{"role": "user", "about": ASKED} for _ in range(8)]
    assert text_pieces(json.dumps(rows), kind_of) == []


def test_a_long_string_is_of_the_kind_of_its_text() -> None:
    text = json.dumps({"exit_code": 1, "stdout": LOG})
    kinds = [piece.kind for piece in text_pieces(text, kind_of)]
    assert kinds == [Kind.OPAQUE, Kind.LOG, Kind.OPAQUE]


@pytest.mark.parametrize(
    "value",
    [[{"id": n, "name": f"part {n}"} for n in range(60)], {"a": TOLD, "b": list(range(900))}, [1, 2]],
)
def test_json_that_is_no_text_stays_json(value: object) -> None:
    assert text_pieces(json.dumps(value), kind_of) == []


def test_what_could_not_be_written_again_to_the_byte_stays_as_it_is() -> None:
    text = '[{"text": "%s"}]' % ("a\\/b " * 100)
    assert all(piece.kind is Kind.OPAQUE for piece in text_pieces(text, kind_of))


def test_the_documents_of_a_tool_result() -> None:
    text = "".join(f"[{n}] Sheet {n}\n{TOLD}\n\n" for n in range(1, 5))
    assert [piece.kind for piece in result_pieces(text)] == [Kind.DOCUMENT] * 4
    assert [piece.kind for piece in result_pieces(TOLD * 3)] == [Kind.PROSE]


@given(st.lists(PARTS, max_size=14).map("".join))
def test_the_documents_of_any_text_are_the_text(text: str) -> None:
    pieces = documents_of(text)
    assert "".join(piece.raw for piece in pieces) == (text if pieces else "")


@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_the_pieces_of_any_json_are_the_text(value: object, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    pieces = text_pieces(text, kind_of)
    assert "".join(piece.raw for piece in pieces) == (text if pieces else "")
    for piece in pieces:
        around = piece.wrapper
        assert (around.around(piece.content) if around else piece.content) == piece.raw


LATER = " We shall see in spring what it has done to the meadows behind the mill."
MAIL_HEADS = (
    "From: Ada <ada@mill.example>\nTo: Bo\nDate: Mon, {n} Jun 2026\nSubject: Re: Weir\n\n",
    "Von: Ada <ada@mill.example>\nGesendet: Montag, {n}. Juni 2026\nAn: Bo\nBetreff: AW: Wehr\n\n",
    "**From:** Ada\n**Sent:** Monday, June {n}, 2026\n**To:** Bo\n**Subject:** Weir\n\n",
)


@pytest.mark.parametrize("head", MAIL_HEADS)
def test_each_mail_of_a_thread_is_a_document_below_its_fields(head: str) -> None:
    mails = "".join(f"{head.format(n=n)}Hi Bo,\n\nthe weir is {n} feet high.{LATER}\n\n" for n in range(12))
    question = "How high was the weir in the seventh mail?"
    pieces = message_pieces(f"{mails}{question}")
    assert [piece.wrapper.before for piece in _documents(pieces) if piece.wrapper] == [
        head.format(n=n) for n in range(12)
    ]
    assert "".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE).strip() == question


def test_a_rule_between_mails_is_no_part_of_what_they_say() -> None:
    mails = [f"{MAIL_HEADS[0].format(n=n)}Hi Bo,\n\nthe weir is {n} feet high.{LATER}\n" for n in range(12)]
    documents = _documents(documents_of("-----\n".join(mails)))
    assert [piece.content.strip() for piece in documents] == [mail.strip() for mail in mails]


@pytest.mark.parametrize("head", ["--- chunk {n} (source: mill-{n}.html) ---", "[chunk {n} | mill.html]"])
def test_documents_below_heads_with_marks_on_both_sides(head: str) -> None:
    told = "The mill was built beside the river and closed long ago. " * 4
    text = "\n".join(f"{head.format(n=n)}\n{told}" for n in range(5))
    pieces = [piece for piece in marked_documents(text) if piece.kind is Kind.DOCUMENT]
    assert [piece.content.strip() for piece in pieces] == [told.strip()] * 5


@pytest.mark.parametrize("setting", ["town = Oslo", 'town = "Oslo"', "town=Oslo"])
def test_the_sections_of_settings_are_no_documents(setting: str) -> None:
    sections = "".join(f"[guest {n}]\nname = Ada Lovelace the {n}th\n{setting}\n\n" for n in range(10, 40))
    assert not marked_documents(sections)


def test_a_rule_below_the_names_of_columns_parts_no_documents() -> None:
    rows = "".join(f"{n:<6} {TOLD[:60]:<60} Oslo\n" for n in range(10, 40))
    assert not documents_of(
        f"id     told                                                         town\n"
        f"------ ------------------------------------------------------------ ----\n{rows}"
    )
