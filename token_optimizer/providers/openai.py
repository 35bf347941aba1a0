"""OpenAI, and whatever speaks its dialect, over the official SDK."""

from __future__ import annotations

from typing import Any

from token_optimizer.providers.base import BaseProvider, common_usage, import_sdk


class OpenAIProvider(BaseProvider):
    """Without an `api_key` the SDK reads OPENAI_API_KEY; `options` are those of its client."""

    def __init__(self, api_key: str | None = None, **options: Any) -> None:
        self.client = import_sdk("openai").OpenAI(api_key=api_key, **options)

    def chat_completion(self, messages: list[dict[str, Any]], **kwargs: Any) -> dict[str, Any]:
        return self.normalize_response(self.client.chat.completions.create(messages=messages, **kwargs))

    def normalize_response(self, raw_response: Any) -> dict[str, Any]:
        return {
            "id": raw_response.id,
            "model": raw_response.model,
            "choices": [
                {"message": _message(choice.message), "finish_reason": choice.finish_reason}
                for choice in raw_response.choices
            ],
            "usage": _usage(raw_response.usage),
        }


def _message(message: Any) -> dict[str, Any]:
    common = {"role": message.role, "content": message.content}
    if message.tool_calls:
        common["tool_calls"] = [call.model_dump(exclude_unset=True) for call in message.tool_calls]
    return common


def _usage(usage: Any) -> dict[str, int] | None:
    """None where the server tells no usage, as some compatible ones do."""
    if usage is None:
        return None
    details = usage.prompt_tokens_details
    cached = (details.cached_tokens if details else None) or 0
    return common_usage(usage.prompt_tokens, usage.completion_tokens, cached)
