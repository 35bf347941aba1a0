"""What every provider can do, whatever SDK stands behind it."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from types import ModuleType
from typing import Any


class BaseProvider(ABC):
    """Sends messages to one provider and answers in one common shape.

    The shape: `{id, model, choices: [{message: {role, content, tool_calls?}, finish_reason}], usage}` with
    tool calls as OpenAI writes them, and `usage` of `prompt_tokens` (cached ones included),
    `completion_tokens`, `total_tokens` and `cached_tokens`. `finish_reason` is the provider's own word.
    """

    @abstractmethod
    def chat_completion(self, messages: list[dict[str, Any]], **kwargs: Any) -> dict[str, Any]:
        """Send messages (OpenAI's shape) and normalize the answer; `kwargs` go to the SDK."""

    @abstractmethod
    def normalize_response(self, raw_response: Any) -> dict[str, Any]:
        """The SDK's answer in the common shape."""


def import_sdk(name: str) -> ModuleType:
    """A provider's SDK, imported when it is first needed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        message = f"the {name} SDK is not installed: pip install 'token-optimizer[{name}]'"
        raise ModuleNotFoundError(message, name=name) from error


def common_usage(prompt: int, completion: int, cached: int) -> dict[str, int]:
    """Token numbers in the common shape."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "cached_tokens": cached,
    }
