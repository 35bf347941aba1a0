"""Texts made for slow patterns and loops: the piece that each repeats, with no end to what it opens."""

OPENERS = [
    "```json\n", "```\n", "````\n~~~\n", "`", "` ", "[", "{", "[{", '{"a":', "[\n", "(", "<a>", "<a ",
    "<document>\n", "<!--", '"', "'", "“", '"""\n', "**", "[a](", "[… ", "[1] ", "# ", "# a\n", "---\n",
    "===\n", "> ", "| ", "|a|\n", "- ", "1. ", "Question: ", "Question: a\n", "Q: a\nA: b\n",
    "Ann: yes\n", "Example:\n", "a -> b\n", "@@ -1 +1 @@\n", "Traceback (most recent call last):\n",
    '  File "a.py", line 3\n', "2026-05-04T10:00:00Z ERROR a\n", "ERROR ", "at a.b(c)\n", "def f(\n",
    "class A:\n", "import a\n", "MUST ", "If a, ", "unless ", "From: a\n", "$ a\n", ">>> a\n",
]  # fmt: skip
RUNS = [
    " ", "\n", " \n", "\t", "a\r", "\r\n", "a", "A", "aB", "a ", "1", "1,", "1.", "1:", "1e", ".",
    "a.b.", "a/b", "a_", "=", "-", "#", "\\", "\u2028", "\u3000", "\ud800", "\x00", "\x1b[", "文", "ที่",
    "é", "ſ", "x" * 200 + "\n", "the same line of a text\n", "The build ran well. ", "a,b,c\n",
    "a: b\n", "]", "}", "[]", "[],", "{}", '{"a":1},', '{"a":1}\n', '"a",', "null,", "9" * 40 + " ",
]  # fmt: skip
PIECES = OPENERS + RUNS
