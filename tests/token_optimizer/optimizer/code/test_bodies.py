"""Of a program the bodies of functions go that a question leaves aside."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.code.bodies import body_passages, functions_of, wants_whole_program

NAMES = [
    "load_config",
    "copyTree",
    "send_mail",
    "draw_map",
    "open_port",
    "read_lines",
    "count_words",
    "make_hash",
]


def _function(name: str) -> str:
    calls = "    check_target(path)\n" if name == "copyTree" else f"    log('{name}', path)\n"
    return f"def {name}(path):\n{calls}" + "".join(f"    step_{n} = path + {n}\n" for n in range(4)) + "\n\n"


PROGRAM = "import os\n\n\n" + "".join(map(_function, [*NAMES, "check_target"]))


def _left(query: str) -> str:
    """The program without the bodies that may go."""
    text, end = [], 0
    for passage in body_passages(PROGRAM, query):
        text.append(PROGRAM[end : passage.start])
        end = passage.end
    return "".join([*text, PROGRAM[end:]])


def test_what_is_named_and_what_it_calls_stays_with_all_first_lines() -> None:
    left = _left("What does copytree do where the target of a copy tree exists?")
    assert _function("copyTree").strip() in left
    assert _function("check_target").strip() in left
    assert "log('send_mail', path)" not in left
    assert all(f"def {name}(path):\n" in left for name in NAMES)


@pytest.mark.parametrize("query", ["Who wrote this?", "What is path?", ""])
def test_nothing_goes_where_no_function_is_named(query: str) -> None:
    assert _left(query) == PROGRAM


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("When is archiving a refund forbidden?", False),
        ("What does copyTree return?", False),
        ("Is there a bug in copyTree?", True),
        ("Can you add a parameter to copyTree?", True),
        ("When is a hash created, and where is it removed for each path?", False),
        ("Create a hash for each path.", True),
        ("What does each function return?", True),
    ],
)
def test_who_wants_a_program_changed_or_judged_needs_all_of_it(query: str, expected: bool) -> None:
    assert wants_whole_program(query) is expected


def test_a_function_of_a_few_lines_is_named_like_others() -> None:
    short = PROGRAM + "def parse_rate(text):\n    return text.split()\n"
    gone = body_passages(short, "What does parse_rate return?")
    assert len(gone) == len(NAMES) + 1
    assert all(passage.end <= len(PROGRAM) for passage in gone)


def test_a_file_that_holds_nothing_of_what_is_asked_loses_its_bodies_where_another_one_does() -> None:
    asked = _function("copyTree") + _function("check_target")
    other = "".join(map(_function, [name for name in NAMES if name != "copyTree"]))
    query = "What does copyTree do where the target exists?"
    assert body_passages(other, query) == []
    assert len(body_passages(other, query, beside=functions_of(asked))) == len(NAMES) - 1
    assert body_passages(asked, query, beside=functions_of(other)) == []
    assert body_passages("no code at all\n", query, beside=functions_of(PROGRAM)) == []
