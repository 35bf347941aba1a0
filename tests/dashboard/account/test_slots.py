"""So many people sign in at once; others wait, or are told to."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from dashboard.account import slots
from dashboard.account.slots import TooMany, login_slot


def test_one_more_is_refused_and_let_in_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_WAIT_SECONDS", 0.0)
    with ExitStack() as stack:
        stack.enter_context(login_slot())
        stack.enter_context(login_slot())
        with pytest.raises(TooMany), login_slot():
            pass
    with login_slot():
        pass
