"""Copies become references: whole, contained and near ones, within the window, and nothing is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import blocks_of_any_kind
from token_optimizer.models import Block, BlockType, Kind, Marker
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.markers import with_text
from token_optimizer.optimizer.prose.copies import references_to_copies

LONG = "The quarterly report says that revenue grew. " * 8
CODE = [f"    value_{number} = read_row(rows[{number}], strict=True)" for number in range(60)]
WINDOW = 200


def _texts(*blocks: Block, window: int = WINDOW) -> list[str]:
    copies = references_to_copies(blocks, window, ())
    return [copies[block.id].text.text if block.id in copies else block.content for block in blocks]


def _code(lines: list[str], **fields: object) -> Block:
    return Block("\n".join(lines), kind=Kind.CODE, **fields)


def test_it_works() -> None:
    blocks = [Block(LONG, id="a"), Block("between"), Block(LONG, id="b"), Block(LONG + "\n", id="c")]
    copies = references_to_copies(blocks, WINDOW, ())
    assert {name: copy.note for name, copy in copies.items()} == {
        "a": "the same text as c",
        "b": "the same text as c",
    }
    assert copies["a"].text.text == (f"[1 line left out here: it stands further below, “{LONG[:48]}”]")


def test_a_copy_of_what_was_sent_before_refers_back_to_it() -> None:
    sent = Block(LONG, id="a", frozen=True, verbatim=True)
    copies = references_to_copies([sent, Block(LONG, id="b")], WINDOW, ())
    assert list(copies) == ["b"]
    assert copies["b"].text.text == f"[1 line left out here: it stands above, “{LONG[:48]}”]"


def test_what_gives_directives_refers_to_nothing_that_may_lose_them() -> None:
    said = f"{LONG}You MUST NOT name the figures of March. "
    blocks = [Block(said, id="said", type=BlockType.USER), Block(said, id="doc", kind=Kind.DOCUMENT)]
    (copy,) = references_to_copies(blocks, WINDOW, ()).items()
    assert (copy[0], copy[1].note) == ("doc", "the same text as said")
    again = Block(said, id="again", type=BlockType.USER)
    assert set(references_to_copies([*blocks, again], WINDOW, ())) == {"said", "doc"}


def test_a_directive_may_be_known_by_a_word_of_the_config() -> None:
    said = f"{LONG}Beware of the figures of March. "
    blocks = [Block(said, id="said", type=BlockType.USER), Block(said, id="doc", kind=Kind.DOCUMENT)]
    assert list(references_to_copies(blocks, WINDOW, (), keywords=["Beware"])) == ["doc"]
    assert list(references_to_copies(blocks, WINDOW, ())) == ["said"]


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


def test_a_reminder_below_every_file_stands_once() -> None:
    reminder = [
        "<reminder>",
        "Consider of every file that you read whether it is meant to do harm, and say what it does.",
        "You may analyze it, write reports, and answer questions, but you must not improve it or add to it.",
        "Nobody has to be told of this, and it holds for files that were read before as well.",
        "</reminder>",
    ]
    first, second = _texts(_code([*CODE[:30], "", *reminder]), _code([*CODE[30:], "", *reminder]))
    marker = "[5 lines left out here: they stand further below, from “<reminder>” to “</reminder>”]"
    assert first == "\n".join([*CODE[:30], "", marker])
    assert second == "\n".join([*CODE[30:], "", *reminder])


def test_a_part_of_a_file_refers_to_the_whole_of_it() -> None:
    part, whole = _texts(_code(CODE[10:50]), _code(CODE))
    assert whole == "\n".join(CODE)
    assert part.startswith("[40 lines left out here: they stand further below, from “value_10")


def test_a_document_quoted_again_around_other_words_is_found() -> None:
    document = LONG * 2
    quoting = f"As you wrote:\n{document}\nIs that still so?"
    _, second = _texts(Block(document, frozen=True, verbatim=True), Block(quoting))
    assert second.split("\n") == [
        "As you wrote:",
        f"[1 line left out here: it stands above, “{LONG[:48]}”]",
        "Is that still so?",
    ]


def test_only_what_stands_is_referred_to() -> None:
    """Of three reads in a row each one refers to lines that are written out in a later one."""
    texts = _texts(_code(CODE[:40]), _code(CODE[20:]), _code(CODE))
    assert texts[2] == "\n".join(CODE)
    assert all(line not in "\n".join(texts[:2]).split("\n") for line in CODE)


def test_a_copy_outside_the_window_stays() -> None:
    far = [Block(LONG, id="a"), Block("x"), Block("y"), Block(LONG, id="b")]
    assert references_to_copies(far, 2, ()) == {}
    assert list(references_to_copies(far, 3, ())) == ["a"]


def test_short_and_verbatim_texts_stay() -> None:
    assert references_to_copies([Block("ok"), Block("ok")], WINDOW, ()) == {}
    assert references_to_copies([Block(LONG, verbatim=True), Block(LONG, verbatim=True)], WINDOW, ()) == {}


def test_few_common_lines_make_no_copy() -> None:
    common = ["import os", "import sys", "from pathlib import Path"]
    blocks = [_code([*common, *CODE[:20]]), _code([*common, *CODE[30:50]])]
    assert references_to_copies(blocks, WINDOW, ()) == {}


@pytest.mark.parametrize("fields", [{"must_keep": True}, {"tool_result": True}, {"kind": Kind.CODE}])
def test_what_must_stay_may_become_a_reference_since_nothing_is_lost(fields: dict[str, object]) -> None:
    assert list(references_to_copies([Block(LONG, id="a", **fields), Block(LONG, id="b")], WINDOW, ())) == [
        "a"
    ]


@pytest.mark.parametrize("kind", [Kind.CALL, Kind.SCHEMA, Kind.OPAQUE, Kind.FRAMING])
def test_what_is_never_altered_stays(kind: Kind) -> None:
    assert references_to_copies([Block(LONG, kind=kind), Block(LONG, kind=kind)], WINDOW, ()) == {}


@pytest.mark.parametrize("kind", [Kind.JSON, Kind.EXAMPLES, Kind.TRANSCRIPT])
def test_some_kinds_are_whole_copies_or_none(kind: Kind) -> None:
    part, whole = Block("\n".join(CODE), id="part", kind=kind), Block("\n".join(CODE + CODE), kind=kind)
    near = Block("\n".join([*CODE, "{}"]), kind=kind)
    assert list(references_to_copies([part, part.but(id="again")], WINDOW, ())) == ["part"]
    # The larger JSON text may be written in other lines by the end.
    assert list(references_to_copies([part, whole], WINDOW, ())) == ["part"] * (kind is not Kind.JSON)
    assert references_to_copies([near, part], WINDOW, ()) == {}


def test_of_many_near_copies_all_but_one_refer_to_another() -> None:
    blocks = [_code([f"# read {number}", *CODE], message=number) for number in range(400)]
    texts = _texts(*blocks, window=1000)
    assert texts[-1].split("\n") == ["# read 399", *CODE]
    for number, text in enumerate(texts[:-1]):
        assert text.startswith(f"# read {number}\n[60 lines left out here: they stand in message ")


@given(blocks_of_any_kind)
def test_it_changes_nothing_given_and_a_second_run_finds_nothing(blocks: list[Block]) -> None:
    before = [block.content for block in blocks]
    copies = references_to_copies(blocks, 5, ())
    assert [block.content for block in blocks] == before
    shorter = [with_text(block, copies[block.id].text) if block.id in copies else block for block in blocks]
    assert references_to_copies(shorter, 5, ()) == {}


def test_the_same_marker_in_two_texts_stands_for_two_texts() -> None:
    first = _code([*CODE[:20], "[… 9 lines left out]", *CODE[20:40]])
    marked = with_text(first, _marked(first.content, "[… 9 lines left out]"))
    again = _code([*CODE[:20], "[… 9 lines left out]", *CODE[20:40]])
    (copy,) = references_to_copies([marked.but(verbatim=True), again], WINDOW, ()).values()
    assert copy.text.text.split("\n")[1] == "[… 9 lines left out]"
    (copy,) = references_to_copies([first.but(verbatim=True), again], WINDOW, ()).values()
    assert "[… 9 lines left out]" not in copy.text.text


def _marked(text: str, words: str) -> MarkedText:
    start = text.index(words)
    return MarkedText(text, (Marker(start, start + len(words), "cut", "line", 9, 123_456),))


def _run(failed: str) -> str:
    """What a test runner prints; only one line differs from run to run."""
    lines = ["=" * 20 + " test session starts " + "=" * 20, "platform linux -- Python 3.11.7, pytest-9.2.0"]
    lines += [f"tests/test_module_{number}.py ........................ [{number}%]" for number in range(30)]
    return "\n".join(
        [*lines, f"FAILED tests/test_{failed}.py::test_it - assert 1 == 2", "1 failed, 240 passed"]
    )


def _tool(text: str, message: int) -> Block:
    return Block(text, id=f"b{message}", type=BlockType.TOOL, kind=Kind.LOG, message=message, slot=message)


def test_of_runs_that_begin_alike_the_reference_names_the_message_of_the_same_one() -> None:
    texts = [_run("one"), _run("two"), _run("one")]
    blocks = [_tool(text, number) for number, text in enumerate(texts)]
    copies = references_to_copies(blocks, WINDOW, ["tool"] * 3)
    begin, end = texts[0].split("\n")[0][:48], texts[0].split("\n")[-1]
    assert copies["b0"].text.text == (
        f"[34 lines left out here: they stand in message 3 (tool), from “{begin}” to “{end}”]"
    )
    assert "tests/test_two.py" in copies["b1"].text.text
    assert [marker.copy_of for marker in copies["b0"].text.markers] == ["b2"]


def test_where_a_later_run_was_sent_before_the_newest_refers_to_the_right_one() -> None:
    texts = [_run("one"), _run("two"), _run("one"), _run("two")]
    blocks = [_tool(text, number).but(verbatim=number < 2) for number, text in enumerate(texts)]
    copies = references_to_copies(blocks, WINDOW, ["tool"] * 4)
    assert "stand in message 1 (tool)" in copies["b2"].text.text
    assert "stand in message 2 (tool)" in copies["b3"].text.text


def test_two_texts_of_one_message_that_begin_and_end_alike_are_never_referred_to() -> None:
    one, two = (_tool(_run(name), 1).but(id=name) for name in ("one", "two"))
    again = [_tool(_run("one"), 0), one, two]
    copies = references_to_copies(again, WINDOW, ["tool"] * 2)
    for copy in copies.values():
        for marker in copy.text.markers:
            assert _fitting(copy.text.text[marker.start : marker.end], [one.content, two.content]) == 1


def test_a_longer_quote_is_taken_where_a_short_one_fits_another_line() -> None:
    same = "The quarterly report of the harbour office says that the "
    lines = [f"{same}{what} " + "was counted again and again. " * 8 for what in ("fish", "salt", "coal")]
    blocks = [Block(lines[1], id="a", message=0), Block("\n".join(lines), message=1)]
    (copy,) = references_to_copies(blocks, WINDOW, ()).values()
    assert f"it stands in message 2 (user), “{lines[1][:160]}”" in copy.text.text


def test_a_json_text_is_named_where_it_is_the_only_one_of_its_message() -> None:
    rows = "[" + ", ".join(f'{{"id": {number}, "ok": true}}' for number in range(40)) + "]"
    other = Block("[" + ", ".join(map(str, range(300))) + "]", id="c", kind=Kind.JSON, message=1)
    blocks = [Block(rows, id=name, kind=Kind.JSON, message=n) for n, name in enumerate("ab")]
    (copy,) = references_to_copies(blocks, WINDOW, ()).values()
    assert copy.text.text == "[JSON left out here: the same stands in message 2 (user)]"
    assert references_to_copies([*blocks, other], WINDOW, ()) == {}


words = st.sampled_from(
    ["def parse(text):", "    return rows", "    value = 1", "", "assert one == two  # and so on"]
)


@given(st.lists(st.tuples(st.lists(words, min_size=12, max_size=40), st.integers(0, 2)), max_size=6))
def test_every_reference_fits_exactly_one_text(texts: list[tuple[list[str], int]]) -> None:
    blocks = [
        Block("\n".join(lines), id=f"b{at}", kind=Kind.CODE, message=message)
        for at, (lines, message) in enumerate(sorted(texts, key=lambda pair: pair[1]))
    ]
    by_id = {block.id: block for block in blocks}
    for name, copy in references_to_copies(blocks, WINDOW, ()).items():
        for marker in copy.text.markers:
            message = by_id[marker.copy_of].message
            beside = [block.content for block in blocks if block.message == message and block.id != name]
            assert _fitting(copy.text.text[marker.start : marker.end], beside) == 1


def _fitting(reference: str, texts: list[str]) -> int:
    """How many different runs of lines the words of a reference fit."""
    found = re.fullmatch(r"\[(\d+) lines? left out here: .*?, (?:from )?“(.*?)”(?: to “(.*)”)?\]", reference)
    assert found is not None
    count, first, last = int(found[1]), found[2], found[3] or found[2]
    fitting = set()
    for text in texts:
        lines = [line.strip() for line in text.split("\n")]
        runs = (tuple(lines[at : at + count]) for at in range(len(lines) - count + 1))
        fitting |= {run for run in runs if run[0][: len(first)] == first and run[-1][: len(last)] == last}
    return len(fitting)


def _numbered(lines: list[str], first: int, message: int) -> Block:
    text = "\n".join(f"{number:>6}→{line}" for number, line in enumerate(lines, first))
    return Block(text, id=f"b{message}", type=BlockType.TOOL, kind=Kind.CODE, message=message, slot=message)


def test_lines_with_other_numbers_are_the_same_lines() -> None:
    old = _numbered(CODE, 1, 0).but(verbatim=True)
    new = _numbered(["import os", *CODE, "print(os.name)"], 40, 1)
    begin, end = f"1→{CODE[0]}"[:48], f"60→{CODE[-1]}"[:48]
    (copy,) = references_to_copies([old, new], WINDOW, ["tool"] * 2).values()
    assert copy.text.text.split("\n") == [
        "    40→import os",
        f"[60 lines left out here: they stand in message 1 (tool), from “{begin}” to “{end}”,"
        " numbered 41 to 100 here]",
        "   101→print(os.name)",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        lambda lines: [line.partition("→")[2] for line in lines],
        lambda lines: [f"{2 * number}→{line.partition('→')[2]}" for number, line in enumerate(lines)],
    ],
    ids=["without numbers", "with numbers that count no lines"],
)
def test_lines_whose_numbers_cannot_be_made_again_are_others(changed) -> None:
    old = _numbered(CODE, 1, 0).but(verbatim=True)
    new = Block("\n".join(changed(_numbered(CODE, 40, 1).content.split("\n"))), kind=Kind.CODE, message=1)
    assert references_to_copies([old, new], WINDOW, ["tool"] * 2) == {}


def test_a_numbered_line_is_no_marker() -> None:
    old = _numbered(["there"] * 3 + CODE, 1, 0)
    marked = with_text(old, _marked(old.content, "there")).but(verbatim=True)
    (copy,) = references_to_copies(
        [marked, _numbered(["there"] * 3 + CODE, 9, 1)], WINDOW, ["tool"] * 2
    ).values()
    assert copy.text.text.startswith("     9→there\n")
