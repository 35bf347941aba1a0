"""Requests whose texts are kept, for the tests of what is done with them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from optimizer_app.captures.texts import CapturedTexts
from optimizer_app.models import Capture, Project, RequestTrace
from optimizer_app.security.encryption import seal
from tests.dashboard.traces.rows import block, make_trace
from token_optimizer.models import BlockTexts

LOG = "\n".join(f"2026-11-29 10:00:{number % 60:02} INFO worker {number} is fine" for number in range(200))
BODY = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "content": "You are a clerk. You MUST name the order."},
        {"role": "user", "content": f"Why did the job fail?\n\n{LOG}\n2026-11-29 10:04:00 ERROR disk full"},
    ],
}
ANSWER = {"choices": [{"message": {"role": "assistant", "content": "The disk was full."}}]}
BLOCKS = [
    block(12, 12, id="b1", type="system", turn=-1),
    block(8, 8, id="b2"),
    block(3000, 40, id="b3", kind="log", stage="logs", reason="log cut to errors"),
]
TEXTS = {
    "b1": BlockTexts(
        "You are a clerk. You MUST name the order.", "You are a clerk. You MUST name the order."
    ),
    "b2": BlockTexts("Why did the job fail?", "Why did the job fail?"),
    "b3": BlockTexts("all is well\nERROR disk full", "ERROR disk full"),
}


def kept_trace(project: Project, *, days: int = 3, body: Any = BODY, **fields: Any) -> RequestTrace:
    """A trace whose texts are kept for so many days; in the past for a negative number."""
    until = timezone.now() + timedelta(days=days)
    values = {"text_until": until, "blocks": BLOCKS, **fields}
    trace = make_trace(project, **values)
    keep(trace, CapturedTexts(json.dumps(body), "", json.dumps(ANSWER), blocks=TEXTS))
    return trace


def keep(trace: RequestTrace, texts: CapturedTexts) -> Capture:
    sealed = seal(texts.as_bytes())
    return Capture.objects.create(
        id=trace.pk,
        project=trace.project,
        expires_at=trace.text_until or timezone.now(),
        sealed=sealed,
        size_bytes=len(sealed),
    )
