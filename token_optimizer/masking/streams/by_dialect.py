"""Which restorer reads which dialect's streams."""

from __future__ import annotations

from collections.abc import Mapping

from token_optimizer.masking.streams.base import StreamRestorer
from token_optimizer.masking.streams.chat import ChatRestorer
from token_optimizer.masking.streams.messages import MessagesRestorer
from token_optimizer.masking.streams.responses import ResponsesRestorer
from token_optimizer.models import Dialect

RESTORERS: Mapping[Dialect, type[StreamRestorer]] = {
    "openai": ChatRestorer,
    "anthropic": MessagesRestorer,
    "responses": ResponsesRestorer,
}
