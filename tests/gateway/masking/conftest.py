"""An account whose config masks. Models are imported within: this file is read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.gateway.accounts import Account


@pytest.fixture
def masking(account: Account) -> Account:
    """The account, whose config masks e-mail addresses and a pattern, and keeps texts."""
    from optimizer_app.models import OptimizationConfig

    fields = {"mask_detectors": ["email"], "mask_patterns": ['-----"secret"\n.-----'], "capture_days": 1}
    OptimizationConfig.objects.filter(project=account.project).update(fields=fields)
    return account
