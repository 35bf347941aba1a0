"""The fields that programs put before a mail: who wrote it, to whom, when and on what.

They may be in English, German, French, Spanish or Italian: "From: Ana\\nTo: Ben\\nSubject: Fair\\n",
"Von: Ana\\nGesendet: Montag\\nBetreff: Messe\\n".
"""

from __future__ import annotations

import re

from token_optimizer.text.lines import matches_at_lines

_FIRST = r"(?:\*\*)?(?:From|Von|De|Da) ?:(?:\*\*)? "
_NEXT = (
    r"(?:\*\*)?(?:To|Cc|Date|Sent|Subject|Reply-To|An|Datum|Gesendet|Betreff|À|Envoyé|Objet|Para|A|Fecha|Enviado"
    r"|Asunto|Data|Inviato|Oggetto) ?:(?:\*\*)? "
)
_HEAD = re.compile(rf"{_FIRST}[^\n]{{0,200}}\n(?:{_NEXT}[^\n]{{0,1000}}\n){{2,}}\s*")
# What the first line may begin with, behind the line feed before it.
_MAY_OPEN_HEAD = re.compile(r"\n(?:\*\*)?[FVD]")


def mail_heads(text: str) -> list[re.Match[str]]:
    """The fields of each mail in a text, with the space below them."""
    return matches_at_lines(_HEAD, _MAY_OPEN_HEAD, text)


def is_mail(text: str) -> bool:
    """Whether the text begins with the fields of a mail: nobody writes these himself."""
    return _HEAD.match(text, len(text) - len(text.lstrip())) is not None
