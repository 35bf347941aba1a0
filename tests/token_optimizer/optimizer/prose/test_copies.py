"""Copies become references: whole, contained and near ones, within the window, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.token_optimizer.optimizer.checks import blocks_of_any_kind
from token_optimizer.models import Block, Kind, Marker
from token_optimizer.optimizer.markers import MarkedText, with_text
from token_optimizer.optimizer.prose.copies import references_to_copies

LONG = "The quarterly report says that revenue grew. " * 8
CODE = [f"    value_{number} = read_row(rows[{number}], strict=True)" for number in range(60)]
WINDOW = 200


def _texts(*blocks: Block, window: int = WINDOW) -> list[str]:
    copies = references_to_copies(blocks, window)
    return [copies[block.id].text.text if block.id in copies else block.content for block in blocks]


def _code(lines: list[str], **fields: object) -> Block:
    return Block("\n".join(lines), kind=Kind.CODE, **fields)


def test_it_works() -> None:
    blocks = [Block(LONG, id="a"), Block("between"), Block(LONG, id="b"), Block(LONG + "\n", id="c")]
    copies = references_to_copies(blocks, WINDOW)
    assert {name: copy.note for name, copy in copies.items()} == {
        "a": "the same text as c",
        "b": "the same text as c",
    }
    assert copies["a"].text.text == (
        f"[the text that begins “{LONG[:48]}” stands again further below; left out here]"
    )


def test_a_copy_of_what_was_sent_before_refers_back_to_it() -> None:
    sent = Block(LONG, id="a", frozen=True, verbatim=True)
    copies = references_to_copies([sent, Block(LONG, id="b")], WINDOW)
    assert list(copies) == ["b"]
    assert "stands above already" in copies["b"].text.text


def test_a_file_read_again_after_a_change_refers_to_what_stayed() -> None:
    changed = [*CODE[:30], "    value_x = None", *CODE[31:]]
    first, second = _texts(_code(CODE), _code(changed))
    assert second == "\n".join(changed)
    assert first.split("\n") == [
        f"[30 lines left out here: they stand further below, from “{CODE[0].strip()[:48]}” "
        f"to “{CODE[29].strip()[:48]}”]",
        CODE[30],
        f"[29 lines left out here: they stand further below, from “{CODE[31].strip()[:48]}” "
        f"to “{CODE[59].strip()[:48]}”]",
    ]


def test_a_part_of_a_file_refers_to_the_whole_of_it() -> None:
    part, whole = _texts(_code(CODE[10:50]), _code(CODE))
    assert whole == "\n".join(CODE)
    assert part.startswith("[the text that begins “value_10")


def test_a_document_quoted_again_around_other_words_is_found() -> None:
    document = LONG * 2
    quoting = f"As you wrote:\n{document}\nIs that still so?"
    _, second = _texts(Block(document, frozen=True, verbatim=True), Block(quoting))
    assert second.split("\n") == [
        "As you wrote:",
        f"[a paragraph left out here: it stands above, where it begins “{LONG[:48]}”]",
        "Is that still so?",
    ]


def test_only_what_stands_is_referred_to() -> None:
    """Of three reads in a row each one refers to lines that are written out in a later one."""
    texts = _texts(_code(CODE[:40]), _code(CODE[20:]), _code(CODE))
    assert texts[2] == "\n".join(CODE)
    assert all(line not in "\n".join(texts[:2]).split("\n") for line in CODE)


def test_a_copy_outside_the_window_stays() -> None:
    far = [Block(LONG, id="a"), Block("x"), Block("y"), Block(LONG, id="b")]
    assert references_to_copies(far, window=2) == {}
    assert list(references_to_copies(far, window=3)) == ["a"]


def test_short_and_verbatim_texts_stay() -> None:
    assert references_to_copies([Block("ok"), Block("ok")], WINDOW) == {}
    assert references_to_copies([Block(LONG, verbatim=True), Block(LONG, verbatim=True)], WINDOW) == {}


def test_few_common_lines_make_no_copy() -> None:
    common = ["import os", "import sys", "from pathlib import Path"]
    blocks = [_code([*common, *CODE[:20]]), _code([*common, *CODE[30:50]])]
    assert references_to_copies(blocks, WINDOW) == {}


@pytest.mark.parametrize("fields", [{"must_keep": True}, {"tool_result": True}, {"kind": Kind.JSON}])
def test_what_must_stay_may_become_a_reference_since_nothing_is_lost(fields: dict[str, object]) -> None:
    assert list(references_to_copies([Block(LONG, id="a", **fields), Block(LONG, id="b")], WINDOW)) == ["a"]


@pytest.mark.parametrize("kind", [Kind.CALL, Kind.SCHEMA, Kind.OPAQUE, Kind.FRAMING])
def test_what_is_never_altered_stays(kind: Kind) -> None:
    assert references_to_copies([Block(LONG, kind=kind), Block(LONG, kind=kind)], WINDOW) == {}


@pytest.mark.parametrize("kind", [Kind.JSON, Kind.EXAMPLES, Kind.TRANSCRIPT])
def test_some_kinds_are_whole_copies_or_none(kind: Kind) -> None:
    part, whole = Block("\n".join(CODE), id="part", kind=kind), Block("\n".join(CODE + CODE), kind=kind)
    near = Block("\n".join([*CODE, "{}"]), kind=kind)
    assert list(references_to_copies([part, whole], WINDOW)) == ["part"]
    assert references_to_copies([near, part], WINDOW) == {}


def test_of_many_near_copies_all_but_one_refer_to_another() -> None:
    texts = _texts(*[_code([f"# read {number}", *CODE]) for number in range(400)], window=1000)
    assert texts[-1].split("\n") == ["# read 399", *CODE]
    for number, text in enumerate(texts[:-1]):
        assert text.startswith(f"# read {number}\n[60 lines left out here: they stand further below")


@given(blocks_of_any_kind)
def test_it_changes_nothing_given_and_a_second_run_finds_nothing(blocks: list[Block]) -> None:
    before = [block.content for block in blocks]
    copies = references_to_copies(blocks, 5)
    assert [block.content for block in blocks] == before
    shorter = [with_text(block, copies[block.id].text) if block.id in copies else block for block in blocks]
    assert references_to_copies(shorter, 5) == {}


def test_the_same_marker_in_two_texts_stands_for_two_texts() -> None:
    first = _code([*CODE[:20], "[… 9 lines left out]", *CODE[20:40]])
    marked = with_text(first, _marked(first.content, "[… 9 lines left out]"))
    again = _code([*CODE[:20], "[… 9 lines left out]", *CODE[20:40]])
    (copy,) = references_to_copies([marked.but(verbatim=True), again], WINDOW).values()
    assert copy.text.text.split("\n")[1] == "[… 9 lines left out]"
    (copy,) = references_to_copies([first.but(verbatim=True), again], WINDOW).values()
    assert "[… 9 lines left out]" not in copy.text.text


def _marked(text: str, words: str) -> MarkedText:
    start = text.index(words)
    return MarkedText(text, (Marker(start, start + len(words), "cut", "line", 9, 123_456),))
