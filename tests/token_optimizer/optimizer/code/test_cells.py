"""The columns of records, in every form that data is written in."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.code.cells import columns_of

ROWS = [(f"E{n + 100}", f"Ada Bo{n}", ("Oslo", "Moss")[n % 2], str(n * 104729 % 9973)) for n in range(20)]
NAMES = ("number", "name", "town", "pay")


def _in_places(row: tuple[str, ...]) -> str:
    return "".join(f"{cell:<12}" for cell in row).rstrip()


NAMED = {
    "yaml": lambda row: "\n  ".join(f"{name}: {cell}" for name, cell in zip(NAMES, row, strict=True)),
    "repr": lambda row: repr(dict(zip(NAMES, row, strict=True))),
    "toml": lambda row: "[[staff]]\n" + "\n".join(f'{n} = "{c}"' for n, c in zip(NAMES, row, strict=True)),
    "xml": lambda row: "".join(f"<{name}>{cell}</{name}>" for name, cell in zip(NAMES, row, strict=True)),
    "attributes": lambda row: "<e " + " ".join(f'{n}="{c}"' for n, c in zip(NAMES, row, strict=True)) + "/>",
    "class": lambda row: "E(" + ", ".join(f"{n}={c!r}" for n, c in zip(NAMES, row, strict=True)) + ")",
    "expanded": lambda row: "\n".join(f"{name:<9} | {cell}" for name, cell in zip(NAMES, row, strict=True)),
    "php": lambda row: "\n".join(f"[{name}] => {cell}" for name, cell in zip(NAMES, row, strict=True)),
}
SEPARATED = {
    "csv": ",".join,
    "tabs": "\t".join,
    "markdown": lambda row: f"| {' | '.join(row)} |",
    "latex": lambda row: " & ".join(row) + r" \\",
    "places": _in_places,
}


@pytest.mark.parametrize("form", NAMED)
def test_values_behind_their_names_are_columns(form: str) -> None:
    columns = columns_of(list(map(NAMED[form], ROWS)))
    assert list(columns.rows) == list(range(20))
    assert dict(zip(columns.names, columns.cells, strict=True)) == {
        name: [row[at] for row in ROWS] for at, name in enumerate(NAMES)
    }


@pytest.mark.parametrize("form", SEPARATED)
def test_a_head_names_the_columns_of_separated_values(form: str) -> None:
    columns = columns_of([f"{SEPARATED[form](row)}\n" for row in (NAMES, *ROWS)])
    assert list(columns.rows) == list(range(1, 21))
    assert tuple(columns.names) == NAMES
    assert list(map(tuple, columns.cells)) == list(zip(*ROWS, strict=True))


def test_cells_of_html_are_named_by_the_head_above() -> None:
    rows = [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in ROWS]
    columns = columns_of(rows, "<table><tr>" + "".join(f"<th>{name}</th>" for name in NAMES) + "</tr>")
    assert tuple(columns.names) == NAMES
    assert columns.cells[3] == [row[3] for row in ROWS]


def test_words_before_the_cells_of_a_column_name_it() -> None:
    columns = columns_of([f"- {row[0]}: {row[1]}, town {row[2]}, pay {row[3]}, here" for row in ROWS])
    assert "pay" in columns.names
    assert columns.cells[list(columns.names).index("pay")] == [row[3] for row in ROWS]


def test_rows_of_another_width_are_told_apart() -> None:
    lines = [",".join(row) for row in (NAMES, *ROWS)]
    lines[7] += ",more"
    columns = columns_of(lines)
    assert list(columns.others) == [7]
    assert 7 not in columns.rows


@pytest.mark.parametrize("lines", [["A line of a text, and of no table."] * 30, ["a,b,c"] * 5, []])
def test_a_text_has_no_columns(lines: list[str]) -> None:
    assert not columns_of(lines).rows
