"""Superscripts and subscripts in plain text: 10^6 and CO_2, so that no digit joins the number before it.

    before:  10 with a raised 6 and "m";  log with a lowered 2 and "8"
    after:   10^{6}m;  log_{2}8

Braces stand where a letter or digit follows, or where the script is more than one word or number.
"""

from __future__ import annotations

import re

# Noncharacters of Unicode mark a script until its text is complete.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_SAME_KIND = re.compile(
    rf"(?:{_OPEN}\^[^{_OPEN}{_CLOSE}]*{_CLOSE}){{2,}}|(?:{_OPEN}_[^{_OPEN}{_CLOSE}]*{_CLOSE}){{2,}}"
)
_SCRIPT = re.compile(rf"{_OPEN}([\^_])([^{_OPEN}{_CLOSE}]*){_CLOSE}(?=(\w?))")
_ATOM = re.compile(r"[-+\u2212\u2013]?\w+")
_ORDINALS = frozenset({"st", "nd", "rd", "th"})


def superscript(text: str) -> str:
    """The text as a superscript, for `finished`."""
    return f"{_OPEN}^{text}{_CLOSE}"


def subscript(text: str) -> str:
    """The text as a subscript, for `finished`."""
    return f"{_OPEN}_{text}{_CLOSE}"


def finished(text: str) -> str:
    """The text with its scripts written out; parts of one script are joined before."""
    while _OPEN in text:
        text, count = _SCRIPT.subn(_written, _SAME_KIND.sub(_joined, text))
        if not count:
            return text.replace(_OPEN, "").replace(_CLOSE, "")
    return text


def _joined(found: re.Match[str]) -> str:
    sign = found.group()[1]
    parts = found.group().replace(_OPEN + sign, "").replace(_CLOSE, "")
    return f"{_OPEN}{sign}{parts}{_CLOSE}"


def _written(found: re.Match[str]) -> str:
    sign, script, follows = found.groups()
    inner = script.strip()
    before = found.string[found.start() - 1 : found.start()]
    is_ordinal = before.isdigit() and inner.lower() in _ORDINALS
    is_note = inner.startswith("[") and inner.endswith("]")
    if is_ordinal or is_note or not any(map(str.isalnum, inner)):
        return script
    return f"{sign}{inner}" if _ATOM.fullmatch(inner) and not follows else f"{sign}{{{inner}}}"
