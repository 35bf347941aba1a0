"""Removes space that no reader sees: colour codes, spaces at line ends, CRs, long runs of blank lines.

Indentation and the end of the text are left alone: a block may be followed by another on the same line.

Before: "\\x1b[32mok\\x1b[0m   \\r\\n\\n\\n\\n\\ndone"
After:  "ok\\n\\ndone"
"""

from __future__ import annotations

import re

# Every ESC goes, alone too, so that what is left can never form a new sequence.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x07\x1b]*+(?:\x07|\x1b\\)|[()][A-Z0-9]|[@-Z\\^_])?")
_BLANK_LINES = re.compile(r"\n{4,}")


def squeeze_whitespace(text: str) -> str:
    """The text without invisible space; three or more blank lines become one."""
    text = strip_escapes(text)
    if "\n" not in text:
        return text
    if " \n" in text or "\t\n" in text or "\r\n" in text:
        *lines, last = text.split("\n")
        text = "\n".join([*[line.rstrip(" \t\r") for line in lines], last])
    return _BLANK_LINES.sub("\n\n", text) if "\n\n\n\n" in text else text


def strip_escapes(text: str) -> str:
    """The text without the terminal's colour and cursor codes."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text
