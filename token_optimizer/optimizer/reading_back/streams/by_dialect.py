"""The joiner of each dialect's streams."""

from __future__ import annotations

from collections.abc import Mapping

from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.streams.base import StreamJoiner
from token_optimizer.optimizer.reading_back.streams.chat import ChatJoiner
from token_optimizer.optimizer.reading_back.streams.messages import MessagesJoiner
from token_optimizer.optimizer.reading_back.streams.responses import ResponsesJoiner

JOINERS: Mapping[Dialect, type[StreamJoiner]] = {
    "openai": ChatJoiner,
    "anthropic": MessagesJoiner,
    "responses": ResponsesJoiner,
}
