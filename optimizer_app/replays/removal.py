"""A run stopped, or deleted with its results."""

from __future__ import annotations

from django.utils import timezone

from optimizer_app.models import Replay


def cancel_replay(replay: Replay) -> bool:
    """Stop it after the prompt that is being run; False where it has ended already."""
    unfinished = Replay.objects.filter(pk=replay.pk, state__in=Replay.UNFINISHED)
    return bool(unfinished.update(state=Replay.State.CANCELLED, finished_at=timezone.now()))


def delete_replay(replay: Replay) -> None:
    replay.delete()
