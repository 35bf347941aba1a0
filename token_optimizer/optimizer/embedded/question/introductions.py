"""Tells whether what stands right before material hands it over.

Before: "Use these articles:", "Here is the list of accounts:", "Employee database:"
After:  material follows; behind the last of them where it is known to be one thing, as JSON or a chat is
Before: "Here is an example:", "Output:", "Policy:"
After:  none does
"""

from __future__ import annotations

import re

from token_optimizer.optimizer.embedded.question.asking import announces_what_follows, mentions_material
from token_optimizer.text.sentences import sentences

_COLONS = (":", "：")
_PRESENTS = re.compile(
    r"(?i)\s*(?:here\s+(?:is|are|comes)|here['’]s|below\s+(?:is|are)|(?:hier|anbei)\s+(?:ist|sind|kommt|kommen)|voici|aquí\s+est)\b"
)
_SHOWS_FORM = re.compile(
    r"(?i)exampl|beispiel|exempl|ejempl|form|schema|templat|struct|\btools?\b|functions?\b|rules?\b|steps?\b"
)
# "This is the chat of the user:", "Employee database:", and not what is to be answered, or to be obeyed.
_NAMES_IT = re.compile(
    r"(?i)\s*(?!.*(?:output|respon|answer|return|repl(?:y|ies)|param|config|settings|polic|guideline|persona))"
    r"(?:(?:this|these|das|dies)\s(?:is|are|ist|sind)\b.*|[*_]{0,2}[^\W\d_][\w -]{2,40}[*_]{0,2})"
    r"[:：][*_]{0,2}\Z"
)


def introduces_material(before: str) -> bool:
    """Whether the last paragraph says that material follows."""
    said = before.rstrip().rpartition("\n\n")[2]
    is_opened = said.endswith(_COLONS)
    if is_opened and _presents_material(said):
        return True
    return mentions_material(said) and (is_opened or announces_what_follows(said))


def names_what_follows(before: str) -> bool:
    """Whether the last line says what stands below it, which is no form and nothing to be obeyed."""
    line = before.rstrip().rpartition("\n")[2]
    return _NAMES_IT.match(line) is not None and _SHOWS_FORM.search(line) is None


def presents(sentence: str) -> bool:
    """Whether the sentence hands something over: "Here are the search results:"."""
    return _PRESENTS.match(sentence) is not None


def _presents_material(said: str) -> bool:
    """Whether the last sentence hands something over, and shows no form: "Here is the list of accounts:"."""
    last = next(reversed(list(sentences(said))), "")
    return presents(last) and _SHOWS_FORM.search(last) is None
