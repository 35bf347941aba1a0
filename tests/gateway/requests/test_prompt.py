"""What the optimizer gets of a request."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from gateway.callers.auth import caller_of
from gateway.callers.configs import NamedConfig
from gateway.requests.prompt import PromptRequest
from optimizer_app.models import ApiKey, Project
from optimizer_app.models.keys.api_key import key_hash
from optimizer_app.prices.entries import ModelPrices
from optimizer_app.prices.overrides import set_override
from token_optimizer.config import OptimizerConfig
from token_optimizer.ports import CachePrices


@pytest.mark.django_db
def test_prices_that_were_set_for_the_model_go_with_a_request_that_is_sent() -> None:
    project = Project.objects.create(name="p")
    _, secret = ApiKey.issue(project=project, name="k")
    set_override("house-model", ModelPrices(Decimal(2), Decimal(8), Decimal("0.5"), None), None)
    caller = caller_of(key_hash(secret))

    def prices_for(model: str) -> CachePrices | None:
        named = NamedConfig("", None, OptimizerConfig())
        request = PromptRequest("openai", b"{}", {"model": model}, named)
        return request.for_optimizer(uuid.uuid4(), caller).facts.cache_prices

    assert prices_for("house-model") == CachePrices(5e-7, 2e-6, 2e-6, 2e-6)
    assert prices_for("gpt-4o") is None
