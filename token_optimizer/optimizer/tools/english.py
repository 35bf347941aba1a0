"""Whether a description is in English, the one language whose rules are known by their words.

Before: "Looks up the weather of a town.", "Ruft das Wetter für einen Ort ab. Nur Orte in Deutschland."
After:  the first one is, the second one is not
"""

from __future__ import annotations

import re

# Words that English is not written without: a text with none of them is in another language.
_OFTEN = re.compile(r"\b(?:the|an?|of|to|for|and|in|or|is|are|by|from|with|this|that)\b", re.IGNORECASE)
# Those that hardly any other language has.
_ENGLISH_ALONE = re.compile(r"\b(?:the|of|to|and|are|from|with|this|that|which|when)\b", re.IGNORECASE)
# As frequent in others, and neither words of English nor codes of languages.
_OF_OTHERS = re.compile(
    r"""\b(?:das|dem|den|der|ein|eine[mnrs]?|kein|keine[mnr]?|und|oder|nicht|nur|für|mit|von|vom|zum|zur|bei|auf
    |aus|nach|über|wenn|wird|werden|ist|sind|muss|müssen|darf|höchstens|mindestens|immer|nie
    |les|une|pour|avec|dans|sont|qui|aux|uniquement|seulement|doit|jamais|toujours|ou
    |el|los|las|una|para|por|que|sólo|solo|debe|nunca|siempre|del
    |uma|dos|com|não|são|apenas|deve|sempre|ao
    |il|gli|della|delle|nel|che|sono|soltanto|mai
    |het|een|van|voor|niet|alleen|naar|moet|wordt|altijd|nooit
    |och|att|för|inte|endast|ska|og|ikke|til|kun|skal|ja|ei|vain
    |nie|dla|oraz|tylko|jest|musi|zawsze|jen|není|nebo
    |ve|bir|için|sadece|değil|és|csak|nem|și|nu|doar|pentru)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def is_english(text: str) -> bool:
    """Whether it reads so: it has words of English, and not more that are of other languages alone."""
    if not _OFTEN.search(text):
        return False
    return len(_OF_OTHERS.findall(text)) <= len(_ENGLISH_ALONE.findall(text))
