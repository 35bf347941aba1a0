"""What the page of a request says of the provider's cache and of what the provider changed."""

from __future__ import annotations

from dashboard.request.provider_cache import breakpoints_added, provider_edits
from optimizer_app.models import RequestTrace


def test_marks_and_edits_are_told_in_words() -> None:
    trace = RequestTrace(
        breakpoints_added=[{"place": "tools", "lifetime": "1h"}, {"place": "newest_turn", "lifetime": "5m"}],
        provider_edits=[
            {"type": "clear_tool_uses_20250919", "cleared_tool_uses": 8, "cleared_input_tokens": 50_000},
            {"type": "compaction"},
        ],
    )

    assert breakpoints_added(trace) == "the tools (1 h), the newest turn (5 min)"
    assert provider_edits(trace) == (
        "clear_tool_uses_20250919: 8 cleared tool uses, 50,000 cleared input tokens; compaction"
    )
    assert breakpoints_added(RequestTrace()) == provider_edits(RequestTrace()) == ""
