"""The records of data in lines."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.code.records import (
    answers,
    is_data,
    is_spaced_table,
    record_passages,
    tells_extremes,
)

CSV = "id,name,town\n" + "".join(f"{number},Ada {number},Oslo\n" for number in range(10, 30))
YAML = "guests:\n" + "".join(f"  - id: {n}\n    name: Ada {n}\n    town: Oslo\n" for n in range(10, 30))
INI = "".join(f"[guest {n}]\nname = Ada {n}\ntown = Oslo\n\n" for n in range(10, 30))
PROGRAM = "".join(
    f"def guest_{n}(town):\n    if town == {n}:\n        return find(town)\n    return None\n\n\n"
    for n in range(10, 30)
)


MANIFESTS = "---\n".join(
    f"kind: Service\nmetadata:\n  name: guest-{n}\n  namespace: inn\nspec:\n  port: {n}\n"
    for n in range(10, 30)
)


def _records(text: str) -> list[str]:
    return [text[passage.start : passage.end] for passage in record_passages(text)]


def test_a_line_of_a_table_is_a_record_and_its_head_stays() -> None:
    records = _records(CSV)
    assert "".join(records) == CSV
    assert records[:2] == ["id,name,town\n", "10,Ada 10,Oslo\n"]
    head, first, *_ = record_passages(CSV)
    assert head.value > 10 > first.value


def test_names_over_a_rule_stay_though_nothing_parts_the_columns() -> None:
    rows = "".join(f"{number}  Ada {number}  Oslo\n" for number in range(10, 30))
    head, first, *_ = record_passages(f"id  name    town\n--  ------  ----\n{rows}")
    assert head.end == len("id  name    town\n--  ------  ----\n")
    assert head.value > 10 > first.value


def test_deeper_lines_belong_to_the_line_above_them() -> None:
    records = _records(YAML)
    assert "".join(records) == YAML
    assert records[:2] == ["guests:\n", "  - id: 10\n    name: Ada 10\n    town: Oslo\n"]


def test_short_paragraphs_are_records() -> None:
    assert _records(INI)[3] == "[guest 13]\nname = Ada 13\ntown = Oslo\n\n"


def test_long_paragraphs_are_none() -> None:
    long = "\n\n".join("".join(f"{n}\t{n * part}\n" for n in range(100)) for part in range(3, 9))
    assert max(map(len, _records(long))) < 20


@pytest.mark.parametrize("form", ["{}:{}", "{:6}\t{}", "{:>5}→{}", "{:4} | {}"])
def test_a_program_with_numbered_lines_is_no_data(form: str) -> None:
    numbered = [form.format(at, line) for at, line in enumerate(PROGRAM.split("\n"), 1)]
    assert not is_data("\n".join(numbered))


@pytest.mark.parametrize(
    ("text", "expected"), [(CSV, True), (YAML, True), (INI, True), (MANIFESTS, True), (PROGRAM, False)]
)
def test_a_program_is_no_data(text: str, expected: bool) -> None:
    assert is_data(text) is expected


def test_nothing_has_no_records() -> None:
    assert record_passages("") == []


@pytest.mark.parametrize(
    ("text", "record"),
    [
        (
            "\n---\n".join(f"kind: Pod\nmetadata:\n  name: pod-{n}\nspec:\n  size: {n}" for n in range(9)),
            "kind: Pod\nmetadata:\n  name: pod-1\nspec:\n  size: 1\n---\n",
        ),
        (
            "\n".join(f"commit {n:08x}\nAuthor: Ada\n\n    Change {n}\n" for n in range(9)),
            "commit 00000001\nAuthor: Ada\n\n    Change 1\n\n",
        ),
    ],
)
def test_what_belongs_to_a_name_is_of_its_record(text: str, record: str) -> None:
    assert record in _records(text)


@pytest.mark.parametrize(
    "head",
    ["CREATE TABLE guests (\n  id int,\n  town text\n);\n", "| Guest | Town | Room |\n|---|---|---|\n"],
)
def test_what_names_the_columns_stays(head: str) -> None:
    rows = "".join(f"| Ada | Oslo | {n} |\n" for n in range(20))
    if head.startswith("CREATE"):
        rows = "".join(f"INSERT INTO guests VALUES ({n}, 'Oslo');\n" for n in range(20))
    stays = [passage for passage in record_passages(head + rows) if passage.value > 10]
    assert "".join(head[passage.start : passage.end] for passage in stays) == head
    assert is_data(head + rows)


def test_a_folder_of_a_tree_is_a_record_with_its_files() -> None:
    names = ["cart", "mail", "stock", "search", "ledger", "coupons"]
    folders = [f"├── {name}/\n│   ├── models.py\n│   └── views.py\n" for name in names]
    tree = "".join(folders) + "└── manage.py\n"
    assert _records(tree) == [*folders, "└── manage.py\n"]


OPENED = {
    "psql": "-[ RECORD {n} ]---+------\nid   | {n}\nname | Ada {n}\ntown | Oslo\n",
    "mysql": "*************************** {n}. row ***************************\n  id: {n}\nname: Ada {n}\n",
    "events": "BEGIN:VEVENT\nUID:{n}\nSUMMARY:Tea {n}\nLOCATION:Oslo\nEND:VEVENT\n",
    "cards": "BEGIN:VCARD\nFN:Ada {n}\nN:Bo;Ada;;;\nEND:VCARD\n",
    "bibliography": "@book{{ada{n},\n  title = {{Tea {n}}},\n  year = {{1990}}\n}}\n",
}


@pytest.mark.parametrize("form", OPENED)
def test_a_line_that_opens_a_record_parts_it_from_the_one_before(form: str) -> None:
    expected = [OPENED[form].format(n=n) for n in range(10, 30)]
    assert is_data("".join(expected))
    assert _records("".join(expected)) == expected


@pytest.mark.parametrize("between", [", ", "\n"])
def test_values_of_a_class_are_records(between: str) -> None:
    shown = between.join(f"Guest(id={n}, name='Ada {n}', town='Oslo')" for n in range(10, 30))
    text = f"[{shown}]" if between == ", " else shown
    assert is_data(text)
    assert len(_records(text)) == 20
    assert all(record.startswith("Guest(id=") for record in _records(text))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Where does Ada 17 live?", True),
        ("Who is the last guest?", True),
        ("Which guest has the highest id?", True),
        ("Do the guests live well?", False),
    ],
)
@pytest.mark.parametrize("text", [CSV, YAML])
def test_some_records_answer_what_few_of_them_say(text: str, query: str, expected: bool) -> None:
    assert answers(text, query) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("".join(f"{n:<6}Ada {n:<8}Oslo\n" for n in range(10, 40)), True),
        ("".join(f"{n * n}\t./guests/{n}\n" for n in range(10, 40)), True),
        ("USER PID CPU CMD\n" + "".join(f"ada {n} 0.{n} /bin/tea --{n}\n" for n in range(10, 40)), True),
        ("Ada lives in Oslo.\n" * 30, False),
        (PROGRAM, False),
    ],
)
def test_rows_stand_in_columns_without_separators(text: str, expected: bool) -> None:
    assert is_spaced_table(text) is expected


@pytest.mark.parametrize("query", ["What is the largest amount of Ada 17?", "What is the highest id?"])
def test_the_most_is_known_by_a_column_or_within_few_records(query: str) -> None:
    assert tells_extremes(CSV, query)
