"""What several rules read text by: lines, fingerprints, sentences, token counts of short passages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

import toktok

_ENCODING = "o200k_base"
# A sentence ends at .!? (and closing quotes), followed by space and what can open a sentence.
# Abbreviations and single initials do not end one.
_SENTENCE_END = re.compile(
    r"""[.!?](?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\betc\.)(?<!\bcf\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)"""
    r"""(?<!\bNo\.)(?<!\b[A-Z]\.)["')\]]{0,3}(?=\s+["'(\[*]{0,3}[^\W\d_a-z]|\s+\d|\s*$)|[。！？]"""
)
_LIST_MARK = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)]|#{1,6})\s+")


def lines_of(text: str) -> list[str]:
    """The lines, each with its end. A line ends at a line feed and nowhere else, as editors and tools that
    read files count them: form feeds, lone carriage returns and U+2028 stand within a line."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def count_lines(text: str) -> int:
    """How many lines the text has."""
    return text.count("\n") + (text[-1:] not in ("", "\n"))


def line_starts(lines: Iterable[str]) -> list[int]:
    """Where each of the lines, which have their ends, starts in their text, and where the text ends."""
    return list(accumulate(map(len, lines), initial=0))


def fingerprint(text: str) -> str:
    """A hash that is the same for texts differing only in line ends and space around the lines' ends."""
    lines = text.split("\n") if "\r" not in text else text.replace("\r\n", "\n").split("\n")
    normal = "\n".join([line.rstrip() for line in lines]).strip("\n")
    return hashlib.sha256(normal.encode("utf-8", "surrogatepass")).hexdigest()


def sentences(text: str) -> Iterator[str]:
    """The sentences of prose, in order, without the marks of lists and headings before them."""
    for line in text.split("\n"):
        body = _LIST_MARK.sub("", line)
        for start, end in sentence_spans(body):
            if sentence := body[start:end].strip():
                yield sentence


def sentence_spans(line: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a line stand; joined, they are the line."""
    start = 0
    for match in _SENTENCE_END.finditer(line):
        yield start, match.end()
        start = match.end()
    if start < len(line):
        yield start, len(line)


def first_sentence(text: str) -> str:
    """The first sentence; a text without an end of sentence is its own first sentence."""
    return next(sentences(text), "")


def token_counts(texts: list[str]) -> list[int]:
    """Tokens of each text (o200k_base): what a rewrite is weighed by, whatever the request's model."""
    try:
        return toktok.batch_count(texts, _ENCODING, threads=1)
    except UnicodeEncodeError:
        return toktok.batch_count([encodable(text) for text in texts], _ENCODING, threads=1)


def encodable(text: str) -> str:
    """The text with a question mark for each lone surrogate, which no encoder reads."""
    return text.encode("utf-8", "replace").decode("utf-8")
