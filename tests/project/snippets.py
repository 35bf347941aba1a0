"""The code that stands in README and docs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^( *)(`{3,})(\w*)[^\n]*\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
_SHELLS = ("sh", "bash")
# A block without a language is a shell's where it begins with one of these.
_COMMANDS = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:curl|git|kubectl|export|nice|python|bin/|token-optimizer|\.venv/)"
)
_ENDS_A_COMMAND = {"|", "||", "&&", ";", "&"}
_KEYWORDS = {"do", "done", "then", "fi"}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A block between fences; `language` is empty where it has none, and is no command."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def snippets(*languages: str) -> list[Snippet]:
    """The blocks in these languages, page by page."""
    pages = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
    return [found for page in pages for found in _of(page) if found.language in languages]


def _of(page: Path) -> Iterator[Snippet]:
    text = page.read_text()
    for match in _BLOCK.finditer(text):
        code = re.sub(rf"^{match[1]}", "", match[4], flags=re.MULTILINE)
        is_shell = match[3] in _SHELLS or (not match[3] and _COMMANDS.match(code))
        language = "sh" if is_shell else match[3]
        line = text.count("\n", 0, match.start()) + 1
        yield Snippet(page.relative_to(ROOT).as_posix(), line, language, code)


def commands(code: str) -> Iterator[Sequence[str]]:
    """The words of each command, without variables that are set for it and where its output goes."""
    for line in code.replace("\\\n", " ").splitlines() if "'{" not in code else [code.replace("\\\n", " ")]:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        yield from _separated(lexer)


def _separated(words: Iterator[str]) -> Iterator[Sequence[str]]:
    command: list[str] = []
    redirected = False
    for word in [*words, ";"]:
        if word in _ENDS_A_COMMAND:
            if command:
                yield command
            command, redirected = [], False
        elif word.startswith((">", "<")):
            redirected = True
        elif not redirected and word not in _KEYWORDS and (command or not re.match(r"[A-Z_]+=", word)):
            command.append(word)
