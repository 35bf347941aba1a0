"""PromptOptimizer: what all adapters do with the prompts that their frameworks show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from token_optimizer.clients.calls import Call, Optimizing
from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError
from token_optimizer.masking.masker import placeholder_key
from token_optimizer.models import Dialect
from token_optimizer.telemetry.collector import LocalCollector

# Of each message its place among those given. Providers never see it.
_PLACE = "token_optimizer_place"


class PlacedMessage(NamedTuple):
    """A message to send, and the place of the one that it came from; None for one that is new."""

    place: int | None
    message: dict[str, Any]


class PromptOptimizer:
    """Makes prompts smaller by a config, its fields, or both.

    A framework shows no answers, so that the model cannot read back, and masked texts could not be put back:
    ConfigError for a config that masks.
    """

    def __init__(self, config: OptimizerConfig | None, fields: dict[str, Any]) -> None:
        self._optimizing = Optimizing(config, fields)
        found = self._optimizing.config
        if found.masker(placeholder_key(found.api_key)) is not None:
            raise ConfigError("an adapter cannot put masked texts back into answers: mask in the gateway")

    @property
    def metrics(self) -> LocalCollector:
        """What was saved so far."""
        return self._optimizing.metrics

    def prepared(
        self,
        dialect: Dialect,
        body: Mapping[str, Any],
        own: Mapping[str, Any] | None = None,
        *,
        with_texts: bool = False,
    ) -> Call:
        """The call of a request body. `own` and `with_texts` are as in `Optimizing.prepare`."""
        model = _model_name(body.get("model") or self._optimizing.config.target_model)
        return self._optimizing.prepare(
            dialect, {**body, "model": model}, own, answers_read_back=False, with_texts=with_texts
        )

    def messages(self, messages: Sequence[Mapping[str, Any]], model: str = "") -> list[dict[str, Any]]:
        """The messages to send, of messages as OpenAI's chat completions have them."""
        return list(self.prepared("openai", {"model": model, "messages": list(messages)}).body["messages"])

    def placed(self, messages: Sequence[Mapping[str, Any]], model: str = "") -> list[PlacedMessage]:
        """As `messages`, each with the place of the one that it came from."""
        numbered = [{**message, _PLACE: place} for place, message in enumerate(messages)]
        return [_placed(message) for message in self.messages(numbered, model)]


def _placed(message: Mapping[str, Any]) -> PlacedMessage:
    rest = {name: value for name, value in message.items() if name != _PLACE}
    return PlacedMessage(message.get(_PLACE), rest)


def _model_name(model: Any) -> str:
    """The model's own name, of one such as `openai/gpt-4o`."""
    return str(model).rpartition("/")[2]
