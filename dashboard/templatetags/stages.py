"""What a stage does, for the templates in which its name stands."""

from __future__ import annotations

from django import template

from dashboard.traces.stage_sentences import STAGE_SENTENCES

register = template.Library()


@register.filter
def stage_sentence(name: str) -> str:
    return STAGE_SENTENCES.get(name, "")
