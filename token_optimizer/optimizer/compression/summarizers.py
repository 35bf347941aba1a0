"""The summarizers of this process, each loaded once: TextRank at once, sumy's in the background."""

from __future__ import annotations

from functools import cache

from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer
from token_optimizer.runtime.background_load import BackgroundLoad


def loaded_summarizer(name: str, max_wait_seconds: float) -> ExtractiveSummarizer:
    """The summarizer of this name, waited for no longer than that.

    StageSkipped says that it still loads, ConfigError which package is missing.
    """
    if name == "textrank":
        return default_summarizer()
    from token_optimizer.optimizer.relevance.sumy_ranks import check_sumy

    check_sumy()
    loading = _loading(name)
    loading.wait(max_wait_seconds)
    return loading.get()


@cache
def default_summarizer() -> ExtractiveSummarizer:
    """The one that ranks sentences by TextRank."""
    return ExtractiveSummarizer()


@cache
def _loading(name: str) -> BackgroundLoad[ExtractiveSummarizer]:
    return BackgroundLoad(f"the summarizer {name}", lambda: ExtractiveSummarizer(name))
