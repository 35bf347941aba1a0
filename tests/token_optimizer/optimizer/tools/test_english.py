"""Which descriptions are read by the words of English."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.tools.descriptions import rules
from token_optimizer.optimizer.tools.english import is_english
from token_optimizer.optimizer.tools.redundancy import Described


@pytest.mark.parametrize(
    "text",
    [
        "Looks up the weather of a town.",
        "Name of the city",
        "Searches the archive of Der Spiegel and El País.",
        "Type of file",
    ],
)
def test_english_is_told(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ruft das Wetter für einen Ort ab. Nur Orte in Deutschland.",
        "Recherche dans les archives a partir de 1990. Uniquement pour une ville.",
        "Busca a un cliente por su nombre. Solo clientes activos.",
        "Haalt het weer op voor een plaats in Nederland.",
        "天気を調べる",
    ],
)
def test_what_is_in_another_language_stays_whole(text: str) -> None:
    assert not is_english(text)
    assert rules(text, Described(("weather",), is_tool=True)) == text
