"""The models that embed documents and compress prose."""

from __future__ import annotations

from django.conf import settings

from optimizer_app.embeddings.client import status
from optimizer_app.system.part import Fact, Part, Problem
from token_optimizer.optimizer.compression.llmlingua.compressor import compressor_name, shared_compressor

_ORIGINS = {"hub": "the Hugging Face cache", "path": "a folder", "wheel": "an installed package"}


def embedding_model() -> Part:
    """The one embedding process of this machine, asked for a second."""
    found = status()
    stands_in = found.model and found.asked_for and found.asked_for != found.model
    facts = (
        Fact("model", found.model or found.asked_for or None),
        Fact("from", _ORIGINS.get(found.origin, found.origin) or None),
        Fact("stands in for", found.asked_for if stands_in else None),
        Fact("state", found.state),
    )
    return Part("Embedding model", facts, _absence(found.reason) if found.state == "absent" else None)


def _absence(reason: str) -> Problem:
    return Problem(
        f"{reason[:1].upper()}{reason[1:]}",
        "Documents are found by their words alone, and new ones wait for their vectors.",
        f"{settings.START_COMMAND} starts it, or manage.py embedding on its own; "
        f"see {settings.LOG_DIR / 'embedding.log'}.",
    )


def compression_model() -> Part:
    """LLMLingua-2, where its package and its model are on this machine."""
    compressor = shared_compressor()
    if compressor.available:
        return Part("LLMLingua-2", (Fact("model", compressor_name()),))
    facts = (
        Fact("in its place", "whole sentences are chosen"),
        Fact("why", compressor.reason),
        Fact("to have it", "pip install -r requirements-models.txt, and its model in the Hugging Face cache"),
    )
    return Part("LLMLingua-2", facts, off=True)
