"""Lines of a definition that is named are worth more than others."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.code.definitions import with_named_definitions
from token_optimizer.optimizer.code.passages import line_passages

PYTHON = """import os

# Reads the rows.
# All of them.
@cached
def read_rows(path):
    rows = open(path)

    return rows


def other(path):
    return path


class RowStore:
    def size(self):
        return 1

    def add_row(self, row):
        self.rows.append(row)
"""
GO = """package store

// ReadRows reads the rows.
func (s *Store) ReadRows(path string) ([]Row, error) {
\trows, err := open(path)
\treturn rows, err
}

func other(path string) string {
\treturn path
}
"""
TYPESCRIPT = """export const readRows = async (path: string) => {
  const rows = await open(path);
  return rows;
};

export function other(path: string) {
  return path;
}
"""
JAVA = """public class Store {
    /** Reads the rows. */
    public List<Row> readRows(String path) throws IOException {
        return open(path);
    }

    private String other(String path) {
        return path;
    }
}
"""

CSHARP = """public class Store
{
    public List<Row> ReadRows(string path)
    {
        var rows = Open(path);
        return rows;
    }

    private string Other(string path)
    {
        return path;
    }
}
"""
TERRAFORM = """resource "aws_instance" "node_2" {
  ami = "ami-1"
}

# The spare one.
resource "aws_instance" "node_33" {
  tags = {
  }
}
"""
LONG_HEAD = """def read_rows(
    path: str,
) -> list[str]:
    return open(path)


def other(path):
    return path
"""
LONG_TYPED_HEAD = """export async function readRows(
  path: string,
): Promise<Row[]> {
  return open(path);
}

export function other(path: string) {
  return path;
}
"""


def named(text: str, query: str | None) -> list[str]:
    """The lines that are worth more for the query."""
    with_names = with_named_definitions(line_passages)(text, query, ())
    plain = line_passages(text)
    assert [(one.start, one.end, one.facts) for one in with_names] == [
        (one.start, one.end, one.facts) for one in plain
    ]
    return [
        line
        for one, other in zip(with_names, plain, strict=True)
        if one.value > other.value
        for line in text[one.start : one.end].splitlines()
        if line
    ]


def numbered(text: str) -> str:
    return "".join(f"{number:6}→{line}" for number, line in enumerate(text.splitlines(keepends=True), 1))


def test_it_works() -> None:
    assert named(PYTHON, "Now I change read_rows.") == [*PYTHON.splitlines()[2:7], "    return rows"]


@pytest.mark.parametrize(
    ("text", "query", "first", "last"),
    [
        (GO, "`ReadRows` fails", "// ReadRows reads the rows.", "}"),
        (TYPESCRIPT, "call readRows()", "export const readRows = async (path: string) => {", "};"),
        (JAVA, "Store.readRows", "    /** Reads the rows. */", "    }"),
        (CSHARP, "Store.ReadRows", "    public List<Row> ReadRows(string path)", "    }"),
        (TERRAFORM, "node_2 needs more room", 'resource "aws_instance" "node_2" {', "}"),
        (TERRAFORM, "node_33 needs more room", "# The spare one.", "}"),
        (LONG_HEAD, "`read_rows` fails", "def read_rows(", "    return open(path)"),
        (LONG_TYPED_HEAD, "call readRows()", "export async function readRows(", "}"),
        (PYTHON, "in add_row", "    def add_row(self, row):", "        self.rows.append(row)"),
    ],
)
def test_a_definition_ends_where_the_next_one_begins(text: str, query: str, first: str, last: str) -> None:
    lines = named(text, query)
    assert (lines[0], lines[-1]) == (first, last)
    assert len(lines) < 6


@pytest.mark.parametrize("query", ["Write tests for Store.", "the class Store", "`Store`", "Store(path)"])
def test_a_word_that_is_said_to_be_a_name_names_a_definition(query: str) -> None:
    text = "class Store:\n    def add(self, row):\n        self.rows.append(row)\n\n\nrows = 1\n"
    assert named(text, query) == text.splitlines()[:3]
    assert named(text, "Where do we store rows?") == []


def test_lines_that_a_tool_numbered_are_read_without_their_numbers() -> None:
    *_, last, blank = named(numbered(GO), "ReadRows")
    assert (last.strip(), blank.strip()) == ("7→}", "8→")


@pytest.mark.parametrize("query", [None, "", "What does other do?", "Where is write_rows?"])
def test_words_and_other_names_name_no_definition(query: str | None) -> None:
    assert named(PYTHON, query) == []
