"""Rules that search a text, each with the text that its search would read again and again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.growth import MAX_RATIO, ratio
from token_optimizer.optimizer.code.bodies import body_passages
from token_optimizer.optimizer.code.cells import columns_of
from token_optimizer.optimizer.code.packed import record_spans
from token_optimizer.optimizer.code.records import record_passages
from token_optimizer.optimizer.embedded.content import instruction_pieces, message_pieces
from token_optimizer.optimizer.json.asked import asked_of
from token_optimizer.optimizer.logs.lines import name_parts
from token_optimizer.optimizer.logs.passages import log_passages
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.prose.directives import directives_of
from token_optimizer.optimizer.prose.passages import document_passages
from token_optimizer.optimizer.prose.quoted_mail import refer_to_quoted
from token_optimizer.optimizer.tools.clauses import end_mark
from token_optimizer.text.sentences import sentence_spans

_CHARS = 12_000


def body_passages_of(text: str) -> object:
    return body_passages(text, "What does a do?")


def refer_to_quoted_in(text: str) -> object:
    return refer_to_quoted(MarkedText(text), "b1")


def columns_of_lines(text: str) -> object:
    return columns_of(text.split("\n"))


@pytest.mark.parametrize(
    ("rule", "piece"),
    [
        (lambda text: list(sentence_spans(text)), "."),
        (message_pieces, '"'),
        (message_pieces, "<?xml "),
        (message_pieces, "a: b\n"),
        (instruction_pieces, "a: b\n\n"),
        (instruction_pieces, '[{"a": 1}]\n\n'),
        (body_passages_of, "class A:\n"),
        (body_passages_of, " def a(b):\n"),
        (record_passages, "CREATE TABLE a (\n"),
        (refer_to_quoted_in, "> ab c d ef\n"),
        (refer_to_quoted_in, "ab c d e f g\n> ab c d e f g\n"),
        (document_passages, "CREATE TABLE a (\n"),
        (document_passages, "CREATE TABLE a (\n)\n/*\n"),
        (log_passages, "  a:\n   b: failed 1\n"),
        (columns_of_lines, "a  b  1\n"),
        (columns_of_lines, "a=b c='\n"),
        (columns_of_lines, "<a b\n"),
        (columns_of_lines, "a b 1 "),
        (record_spans, "<a"),
        (record_spans, "({"),
        (record_spans, "'"),
        (record_spans, '(\\"a\\"), '),
        (record_spans, "(1),"),
        (asked_of, "a"),
        (asked_of, "a1"),
        (asked_of, "1,"),
        (name_parts, "a"),
        (end_mark, "."),
        (directives_of, "MUST “"),
        (directives_of, "MUST «"),
    ],
)
def test_time_grows_linearly(rule: Callable[[str], object], piece: str) -> None:
    assert ratio(rule, piece, _CHARS) <= MAX_RATIO


def test_names_with_digits_before_them() -> None:
    assert asked_of("1abc.def and a1b.c[0].d").paths == {"abc.def", "a1b.c.d"}
