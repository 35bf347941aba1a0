"""sumy's summarizers over our own passages."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from token_optimizer.config import SUMMARIZERS
from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.relevance.sumy_ranks import sumy_ranks
from token_optimizer.optimizer.relevance.words import stems

PASSAGES = [
    "The mill on the river was built of stone.",
    "A baker from the coast sells bread near the old mill.",
    "The river flooded the mill and the bakery of the baker.",
    "Nobody paid.",
    "Stone of the old mill went into the bridge over the river.",
    "The baker sells bread on the bridge.",
    "In winter the river is frozen, and the mill stands still.",
]
NAMES = ("lexrank", "lsa", "luhn", "kl")


class Stems:
    """What sumy asks of a tokenizer, with the optimizer's stems as words."""

    def to_words(self, sentence: str) -> tuple[str, ...]:
        return tuple(stems([sentence])[0])


def _theirs(name: str) -> Any:
    from sumy.summarizers import kl, lex_rank, lsa, luhn

    kinds = {
        "lexrank": lex_rank.LexRankSummarizer,
        "lsa": lsa.LsaSummarizer,
        "luhn": luhn.LuhnSummarizer,
        "kl": kl.KLSummarizer,
    }
    return kinds[name]()


@pytest.mark.parametrize("name", NAMES)
def test_the_best_passages_are_sumys(name: str) -> None:
    # Here, since nltk comes with it: every worker of a test run would wait half a second for both.
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence

    ranks = sumy_ranks(name)(PASSAGES)
    best = sorted(range(len(ranks)), key=lambda place: (-ranks[place], place))[:3]
    sentences: list[Any] = [Sentence(passage, Stems()) for passage in PASSAGES]
    summary = _theirs(name)(ObjectDocumentModel([Paragraph(sentences)]), 3)
    assert [PASSAGES[place] for place in sorted(best)] == [str(sentence) for sentence in summary]
    assert (min(ranks), max(ranks)) == (0.0, 1.0)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("passages", [[], [""], ["", "The mill.", "of the"], ["The mill."] * 3])
def test_passages_without_words_have_no_rank(name: str, passages: list[str]) -> None:
    ranks = sumy_ranks(name)(passages)
    assert [rank > 0 for rank in ranks] == ["mill" in passage for passage in passages] or name == "kl"
    assert len(ranks) == len(passages)


@pytest.mark.parametrize("name", NAMES)
def test_a_long_text_is_ranked_window_by_window(name: str) -> None:
    ranks = sumy_ranks(name)([f"The mill of {place} was built in the year {place}." for place in range(130)])
    assert ranks[100:] == sumy_ranks(name)(
        [f"The mill of {place} was built in the year {place}." for place in range(100, 130)]
    )


def test_every_summarizer_of_the_config_has_ranks() -> None:
    assert {*NAMES, "textrank"} == set(SUMMARIZERS)


def test_without_sumy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "token_optimizer.optimizer.relevance.sumy_ranks.find_spec", lambda name: sys.modules.get("no sumy")
    )
    with pytest.raises(ConfigError, match="need the package sumy"):
        sumy_ranks("lexrank")
