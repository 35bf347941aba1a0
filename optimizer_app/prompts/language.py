"""The language of templates: `{{ name }}` is a variable, everything else is text.

Jinja2's lexer reads it, for the rules that people know: `{# a comment #}`, `{% raw %}{{ text }}{% endraw %}`,
`{{- name -}}` without the blanks around it. Nothing is compiled or evaluated, so that a template can neither
loop nor call anything: expressions, filters and statements are refused. Its time grows with its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from optimizer_app.prompts.errors import TextRefused

MAX_REFERENCES = 1_000
_LEXER = SandboxedEnvironment(keep_trailing_newline=True)
_SILENT = frozenset({"raw_begin", "raw_end", "comment_begin", "comment", "comment_end"})
_ONLY_NAMES = "only {{ name }} is read here; for literal braces write {% raw %}{{ … }}{% endraw %}"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where the value of a variable stands."""

    name: str


Part = str | Reference


def parsed(text: str) -> tuple[Part, ...]:
    """The parts of a text in order; TextRefused names the line of what cannot be read."""
    try:
        return tuple(_parts(_LEXER.lex(text)))
    except TemplateSyntaxError as error:
        raise TextRefused(f"line {error.lineno}: {error.message}") from None


def _parts(tokens: Iterator[tuple[int, str, str]]) -> Iterator[Part]:
    references = 0
    for line, kind, value in tokens:
        if kind == "data":
            yield value
        elif kind == "variable_begin":
            references += 1
            if references > MAX_REFERENCES:
                raise TextRefused(f"line {line}: a message has at most {MAX_REFERENCES:,} variables in it")
            yield Reference(_name(tokens, line))
        elif kind not in _SILENT:
            raise TextRefused(f"line {line}: {_ONLY_NAMES}")


def _name(tokens: Iterator[tuple[int, str, str]], line: int) -> str:
    """The one name up to the closing braces."""
    found = ""
    for _, kind, value in tokens:
        if kind == "variable_end" and found:
            return found
        if kind == "name" and not found:
            found = value
        elif kind != "whitespace":
            break
    raise TextRefused(f"line {line}: {_ONLY_NAMES}")
