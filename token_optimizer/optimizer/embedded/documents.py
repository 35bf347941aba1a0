"""Takes material apart into its documents: tagged, mails, parted by rules, or under headings or titles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.lines import is_source
from token_optimizer.optimizer.embedded.pieces import Piece
from token_optimizer.optimizer.prose.quoted_mail import may_be_quoted
from token_optimizer.text.lines import matches_at_lines
from token_optimizer.text.mail import mail_heads

_MIN_DOCUMENTS = 2
_MIN_MEAN_CHARS = 150
_MIN_COVERED = 0.6
_MIN_TOLD_SHARE = 0.5
_TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,60})((?:\s[^<>]{0,400})?)>")
_HEAD = re.compile(
    r"\s*<(?P<name>[\w.:-]{1,60})(?:\s[^<>\n]{0,400})?>(?:(?P<value>[^<>\n]{0,200})</(?P=name)>)?\s*"
)
_TAIL = re.compile(r"\s*</[\w.:-]{1,60}>\s*")
# Runs of marks with spaces between them stand below the names of columns.
_RULE = re.compile(r"[ \t]*([-=*_~#+])(?:\1{2,}|(?:[ \t]\1){2,})[ \t]*\n")
_MAY_OPEN_RULE = re.compile(r"\n[ \t]*+[-=*_~#+]")
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
# No line that ends like a sentence, a clause or an introduction, and none of a list, a table or code.
_TITLE = re.compile(r"[\w\"'“„«(][^\n{}=|<>]{0,98}[^\s.!?,;:…。、：;{}=|<>]\n")
_MIN_TITLED = 3
_MIN_TITLED_SHARE = 0.7
_MIN_TOLD_CHARS = 100
_HEADING = re.compile(r"(#{1,6})[ \t]+[^\n]{1,200}\n\s*")
_MAY_OPEN_HEADING = re.compile(r"\n#")
_MIN_MARKED = 3
_MARKED = re.compile(
    r"(?P<mark>[-=*~]{2,5})[ \t]?[^\n]{0,200}\w[^\n]{0,40}(?P=mark)[ \t]*\n\s*|\[[^\]\n]{3,200}\][ \t]*\n\s*"
)
_SETTING = re.compile(r"[ \t]*[\w.\"'-]{1,80}[ \t]*=|[ \t]*[#;]")
_SETTINGS_SHARE = 0.8
_SAMPLE_CHARS = 20_000
_MAY_OPEN_MARKED = re.compile(r"\n[-=*~\[]")


def documents_of(text: str) -> list[Piece]:
    """The documents of a text of material, with what stands between them; none where it is one of a piece."""
    if found := _tagged(text) or _mailed(text):
        return found
    # Comments look like headings, and rules part the sections of a source.
    return [] if is_source(text) else _ruled(text) or _headed(text) or titled_documents(text)


def _tagged(text: str) -> list[Piece]:
    """Elements of one name side by side; their tags and short members before their text stay as they are."""
    by_name: dict[str, list[tuple[int, int]]] = {}
    for start, end, name in _elements(text):
        spans = by_name.setdefault(name, [])
        while spans and spans[-1][0] >= start:
            spans.pop()
        spans.append((start, end))
    covered = {name: sum(end - start for start, end in spans) for name, spans in by_name.items()}
    fit = [name for name, spans in by_name.items() if _are_documents(covered[name], len(spans), len(text))]
    if not fit:
        return []
    name = max(fit, key=lambda name: covered[name])
    elements = [
        (start, _spaced_end(text, end), _head(text, start, end), _tail(text, start, end))
        for start, end in by_name[name]
    ]
    # What has short members alone is a record.
    told = sum(end - start > head + tail for start, end, head, tail in elements)
    return list(_around(text, elements)) if told >= _MIN_TOLD_SHARE * len(elements) else []


def _are_documents(covered: int, count: int, size: int) -> bool:
    return count >= _MIN_DOCUMENTS and covered >= max(_MIN_COVERED * size, _MIN_MEAN_CHARS * count)


def _elements(text: str) -> Iterator[tuple[int, int, str]]:
    opened: dict[str, list[int]] = {}
    for match in _TAG.finditer(text):
        closing, name, rest = match.groups()
        if not closing and not rest.endswith("/"):
            opened.setdefault(name, []).append(match.start())
        elif closing and opened.get(name):
            yield opened[name].pop(), match.end(), name


def _head(text: str, start: int, end: int) -> int:
    """The length of the tags and short members that an element begins with."""
    at = start
    while (match := _HEAD.match(text, at, end)) is not None:
        at = match.end()
    return at - start


def _tail(text: str, start: int, end: int) -> int:
    """The length of the closing tags that an element ends with, and of the space behind it."""
    at = end
    while (opening := text.rfind("<", start, at)) >= 0 and _TAIL.fullmatch(text, opening, at):
        at = opening
    at = len(text[start:at].rstrip()) + start
    return _spaced_end(text, end) - at


def _spaced_end(text: str, end: int) -> int:
    while end < len(text) and text[end].isspace():
        end += 1
    return end


def _ruled(text: str) -> list[Piece]:
    """What the same rule parts; the rule goes with the document before it."""
    found = matches_at_lines(_RULE, _MAY_OPEN_RULE, text)
    if not found:
        return []
    rule = Counter(match.group() for match in found).most_common(1)[0][0]
    spans, start = [], 0
    for match in found:
        if match.group() == rule:
            spans.append((start, match.end(), 0, match.end() - match.start()))
            start = match.end()
    if text[start:].strip():
        spans.append((start, len(text), 0, 0))
    return list(_around(text, spans)) if _are_documents(len(text), len(spans), len(text)) else []


def _headed(text: str) -> list[Piece]:
    """What stands under headings of the level that is the most frequent."""
    found = matches_at_lines(_HEADING, _MAY_OPEN_HEADING, text)
    if not found:
        return []
    level = Counter(len(match.group(1)) for match in found).most_common(1)[0][0]
    return _below(text, [match for match in found if len(match.group(1)) == level])


def marked_documents(text: str) -> list[Piece]:
    """What stands below lines with marks of one kind on both sides: "--- chunk 3 ---", "[chunk 3 | 0.9]".
    What programs print has such lines, too, and is no number of documents for that."""
    found = matches_at_lines(_MARKED, _MAY_OPEN_MARKED, text)
    if not found or _is_of_settings(text):
        return []
    mark = Counter(match.group("mark") for match in found).most_common(1)[0][0]
    heads = [match for match in found if match.group("mark") == mark]
    return _below(text, heads) if len(heads) >= _MIN_MARKED else []


def _is_of_settings(text: str) -> bool:
    """Whether nearly all lines below marks set a value, as in INI and TOML."""
    filled = [line for line in text[:_SAMPLE_CHARS].split("\n") if line.strip() and not line.startswith("[")]
    settings = sum(_SETTING.match(line) is not None for line in filled)
    return bool(filled) and settings >= _SETTINGS_SHARE * len(filled)


def _mailed(text: str) -> list[Piece]:
    """Mails, each below its fields, or parted by rules; none where they may quote each other: what is quoted
    is referred to within one text."""
    heads = mail_heads(text)
    if len(heads) < _MIN_DOCUMENTS or may_be_quoted(text):
        return []
    ruled = _ruled(text)
    is_ruled = sum(piece.kind is Kind.DOCUMENT for piece in ruled) >= len(heads)
    return ruled if is_ruled else _below(text, heads)


def _below(text: str, heads: list[re.Match[str]]) -> list[Piece]:
    """A document below each of the heads."""
    ends = [*(match.start() for match in heads[1:]), len(text)]
    spans = [
        (match.start(), end, match.end() - match.start(), 0) for match, end in zip(heads, ends, strict=True)
    ]
    covered = len(text) - heads[0].start()
    return list(_around(text, spans)) if _are_documents(covered, len(spans), len(text)) else []


def titled_documents(text: str) -> list[Piece]:
    """What begins with a title: a line of its own after a blank one, much shorter than the next line. All
    but a few paragraphs have one, or titles are no sign of documents."""
    starts = [0, *(match.end() for match in _BLANK_LINE.finditer(text))]
    heads = [(start, match.end()) for start in starts if (match := _TITLE.match(text, start))]
    titled = [(start, end) for start, end in heads if _is_title(text, start, end)]
    if len(titled) < max(_MIN_TITLED, _MIN_TITLED_SHARE * len(starts)):
        return []
    ends = [*(start for start, _ in titled[1:]), len(text)]
    spans = [(start, end, head - start, 0) for (start, head), end in zip(titled, ends, strict=True)]
    covered = len(text) - titled[0][0]
    return list(_around(text, spans)) if _are_documents(covered, len(spans), len(text)) else []


def _is_title(text: str, start: int, end: int) -> bool:
    stop = text.find("\n", end)
    following = (len(text) if stop < 0 else stop) - end
    return following >= max(_MIN_TOLD_CHARS, 2 * (end - start))


def _around(text: str, spans: list[tuple[int, int, int, int]]) -> Iterator[Piece]:
    """A document for each span of the text, which are in order, with prose between them."""
    at = 0
    for start, end, head, tail in spans:
        yield Piece(Kind.PROSE, text[at:start])
        if head + tail < end - start:
            yield Piece(Kind.DOCUMENT, text[start:end], 0, head, tail)
        else:
            yield Piece(Kind.PROSE, text[start:end])
        at = end
    yield Piece(Kind.PROSE, text[at:])
