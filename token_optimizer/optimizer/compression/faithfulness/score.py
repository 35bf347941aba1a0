"""How much of what a text says is still there after compression, as one number from 0 to 1.

The default method joins three views of it:

    critical units  the share of numbers, identifiers, names, negations and directives kept, by weight
    phrases         the share of neighbouring content words that still are neighbours
    meaning         how near each sentence has one of the compressed text's, by vectors

Without vectors the phrases stand for the meaning, too. Numbers and identifiers that the original does not
have take their share off: nothing may be made up. Markers of what was left out are not counted as text.

Before: "The API returns 200 on success, 404 on not found, and 500 on error."
After:  "The API returns 200 on success and 500 on error." has 0.63
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.compression.faithfulness.critical_units import Units, critical_units
from token_optimizer.optimizer.compression.faithfulness.rouge import rouge_l
from token_optimizer.optimizer.markers import marked_compression
from token_optimizer.optimizer.relevance.words import stems

if TYPE_CHECKING:
    from token_optimizer.optimizer.compression.faithfulness.meaning import Embed

Method = Literal["units", "rouge_l", "bertscore"]

# Tried on the development data (docs/benchmarks.md): shares near these give the same ranks.
_UNITS_SHARE = 0.5
_PHRASES_SHARE = 0.3
_MEANING_SHARE = 0.2


def faithfulness_score(
    original: str,
    compressed: str,
    *,
    method: Method = "units",
    vectors: Literal["static", "none"] | Embed = "static",
) -> float:
    """From 0, nothing of the original is left, to 1, all of it is.

    `vectors` are those of the meaning: `EmbeddingService().embed` gives better and much slower ones than the
    static ones. Where there are none, the score does without. `rouge_l` is ROUGE-L's F1 and `bertscore` the
    F1 of BERTScore over the packaged MiniLM: both look at words alone, and the latter is slow.
    """
    if method not in ("units", "rouge_l", "bertscore"):
        raise ConfigError(f"method {method!r} is not one of units, rouge_l, bertscore")
    if compressed == original:
        return 1.0
    if not compressed.strip() or not original.strip():
        return float(compressed.strip() == original.strip())
    if method == "rouge_l":
        return rouge_l(original, compressed)
    if method == "bertscore":
        from token_optimizer.optimizer.compression.faithfulness.bert_score import bert_score

        return bert_score(original, compressed)
    return _joined_score(original, "".join(marked_compression(compressed, original).pieces()), vectors)


def _joined_score(original: str, compressed: str, vectors: Literal["static", "none"] | Embed) -> float:
    before, after = critical_units(original), critical_units(compressed)
    views = [(_PHRASES_SHARE, phrases_kept(original, compressed))]
    if (kept := before.share_kept(after)) is not None:
        views.append((_UNITS_SHARE, kept))
    if (meaning := _meaning(original, compressed, vectors)) is not None:
        views.append((_MEANING_SHARE, meaning))
    shares = sum(share for share, _ in views)
    return _share_not_made_up(before, after) * min(1.0, sum(share * kept for share, kept in views) / shares)


def _share_not_made_up(before: Units, after: Units) -> float:
    """The share of the numbers and identifiers that are not made up."""
    literals = after.literals()
    return len(literals & before.literals()) / len(literals) if literals else 1.0


def phrases_kept(original: str, compressed: str) -> float:
    """The share of pairs of neighbouring words that still are neighbours; of words where there is no pair."""
    before, after = stems([original, compressed])
    if len(before) < 2:
        return _mentions_kept(Counter(before), Counter(after))
    return _mentions_kept(_pairs(before), _pairs(after))


def _pairs(words: list[str]) -> Counter[Any]:
    return Counter(pairwise(words))


def _mentions_kept(before: Counter[Any], after: Counter[Any]) -> float:
    total = sum(before.values())
    return sum(min(count, after[item]) for item, count in before.items()) / total if total else 1.0


def _meaning(original: str, compressed: str, vectors: Literal["static", "none"] | Embed) -> float | None:
    """The meaning that is kept; None where there are no vectors."""
    if vectors == "none":
        return None
    try:
        from token_optimizer.optimizer.compression.faithfulness.meaning import meaning_kept

        return meaning_kept(original, compressed, None if vectors == "static" else vectors)
    except (ImportError, ConfigError):
        return None
