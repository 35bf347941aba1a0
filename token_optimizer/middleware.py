"""Drop-in clients: the official SDKs' own calls, with the prompt made smaller on its way.

    optimizer = TokenOptimizer(target_model="gpt-4o", max_input_tokens=8000)
    response = optimizer.chat.completions.create(messages=[...])     # OpenAI; a ChatCompletion
    response = optimizer.messages.create(messages=[...], max_tokens=1000)     # Anthropic; a Message
    response.optimizer_stats["tokens_saved"]

Keys and base URLs of the providers are the SDKs' own matter (OPENAI_API_KEY, ANTHROPIC_BASE_URL, ...);
`api_key` names the caller to the analytics server and goes nowhere else. `wrap` does the same for a client
that exists already. The optimizer is imported when the first client is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from token_optimizer.clients.arguments import OWN_ARGUMENTS, OWN_FIELD, SYNC_FLUSH_SECONDS
from token_optimizer.providers.base import import_sdk

if TYPE_CHECKING:
    from token_optimizer.clients.calls import Optimizing
    from token_optimizer.config import OptimizerConfig
    from token_optimizer.telemetry.collector import LocalCollector

__all__ = ["AsyncTokenOptimizer", "TokenOptimizer", "wrap"]

# The methods that take a prompt, and so our arguments beside the SDK's own.
_PROMPTED = frozenset({"create", "stream", "parse"})
Client = TypeVar("Client")


def wrap(client: Client, config: OptimizerConfig | None = None, **fields: Any) -> Client:
    """A client like the given one, which stays as it is, with prompts made smaller by a config, its fields,
    or both. Answers have `optimizer_stats`. ConfigError for what is no client of the two SDKs.

    `extra_body={"token_optimizer": {"documents": ..., "query": ..., "budget_tokens": ...}}` says of one call
    what `optimize()` takes beside the prompt.
    """
    return _wrapped(client, _optimizing(config, fields))


def _optimizing(config: OptimizerConfig | None, fields: dict[str, Any]) -> Optimizing:
    from token_optimizer.clients.calls import Optimizing

    return Optimizing(config, fields)


def _wrapped(client: Client, optimizing: Optimizing) -> Client:
    from token_optimizer.clients.wrapping import wrapped

    return wrapped(client, optimizing)


class _Clients:
    """What the sync and the async client share: both SDKs' clients, over one optimizer."""

    _names: ClassVar[dict[str, str]]

    def __init__(
        self,
        config: OptimizerConfig | None = None,
        *,
        openai_client: Any = None,
        anthropic_client: Any = None,
        **fields: Any,
    ) -> None:
        """A config, its fields, or a config with some fields replaced. SDK clients may be brought along."""
        self._optimizing = _optimizing(config, fields)
        given = {"openai": openai_client, "anthropic": anthropic_client}
        self._clients = {
            name: _wrapped(client, self._optimizing) for name, client in given.items() if client is not None
        }

    @property
    def config(self) -> OptimizerConfig:
        return self._optimizing.config

    @property
    def metrics(self) -> LocalCollector:
        """What was saved so far."""
        return self._optimizing.metrics

    def flush(self, timeout: float = SYNC_FLUSH_SECONDS) -> bool:
        """Send the events that wait; False where they did not all go within the time."""
        return self._optimizing.flush(timeout)

    def close(self) -> None:
        """Send the events that wait, end telemetry, and let go of the store. The SDKs' clients stay open."""
        self._optimizing.close()

    def with_options(self, **options: Any) -> Self:
        """The same with other options of the SDKs' clients, such as `timeout` and `max_retries`."""
        made = object.__new__(type(self))
        made._optimizing = self._optimizing
        made._clients = {
            name: self._sdk(name).with_options(**options) for name in self._names if self._has(name)
        }
        return made

    @cached_property
    def chat(self) -> _Resource:
        """OpenAI's `chat`."""
        return self._resource("openai", "chat")

    @cached_property
    def responses(self) -> _Resource:
        """OpenAI's `responses`."""
        return self._resource("openai", "responses")

    @cached_property
    def messages(self) -> _Resource:
        """Anthropic's `messages`."""
        return self._resource("anthropic", "messages")

    def __getattr__(self, name: str) -> Any:
        """All else is that of the client of the config's provider, as it is."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._sdk(self.config.provider), name)

    def _resource(self, sdk: str, name: str) -> _Resource:
        return _Resource(getattr(self._sdk(sdk), name), self.config.target_model)

    def _sdk(self, name: str) -> Any:
        """The SDK's client, made when it is first needed."""
        if name not in self._clients:
            self._clients[name] = _wrapped(getattr(import_sdk(name), self._names[name])(), self._optimizing)
        return self._clients[name]

    def _has(self, name: str) -> bool:
        """Whether the SDK is installed and knows its key."""
        if name in self._clients:
            return True
        try:
            self._sdk(name)
        except Exception:  # an SDK that is not there, or has no key: it fails where it is used
            return False
        return True


class TokenOptimizer(_Clients):
    """OpenAI's and Anthropic's sync clients, through the optimizer."""

    _names: ClassVar = {"openai": "OpenAI", "anthropic": "Anthropic"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class AsyncTokenOptimizer(_Clients):
    """OpenAI's and Anthropic's async clients, through the optimizer."""

    _names: ClassVar = {"openai": "AsyncOpenAI", "anthropic": "AsyncAnthropic"}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await asyncio.to_thread(self.close)


class _Resource:
    """A resource of an SDK whose calls take our own arguments, too, and need no `model`."""

    def __init__(self, resource: Any, model: str) -> None:
        self._resource = resource
        self._model = model

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._resource, name)
        if name == "completions":
            return _Resource(found, self._model)
        return self._prompted(found) if name in _PROMPTED else found

    def _prompted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def call(**kwargs: Any) -> Any:
            own = {name: kwargs.pop(name) for name in OWN_ARGUMENTS if name in kwargs}
            if own:
                kwargs["extra_body"] = {**(kwargs.get("extra_body") or {}), OWN_FIELD: own}
            return method(**{"model": self._model, **kwargs})

        return call
