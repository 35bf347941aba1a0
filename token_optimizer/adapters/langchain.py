"""LangChain: a step of a chain that makes messages smaller, and a compressor of retrieved documents.

chain = prompt | OptimizeMessages(target_reduction=0.5) | ChatOpenAI(model="gpt-4o")
ContextualCompressionRetriever(base_compressor=OptimizeDocuments(), base_retriever=retriever)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import (
    BaseMessage,
    HumanMessage,
    convert_to_messages,
    convert_to_openai_messages,
)
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import PrivateAttr

from token_optimizer.adapters.documents import cut_documents
from token_optimizer.adapters.prompts import PlacedMessage, PromptOptimizer
from token_optimizer.config import OptimizerConfig


class OptimizeMessages(Runnable[LanguageModelInput, list[BaseMessage]]):
    """What a chat model takes, smaller. Messages keep their class, id and metadata."""

    def __init__(self, config: OptimizerConfig | None = None, **fields: Any) -> None:
        self.optimizer = PromptOptimizer(config, fields)

    def invoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[BaseMessage]:
        given = _messages(input)
        placed = self.optimizer.placed([_as_openai(message) for message in given])
        return [_with_content(found, given) for found in placed]


class OptimizeDocuments(BaseDocumentCompressor):
    """Cuts retrieved documents to what their query needs, and leaves out those of which it needs nothing."""

    _optimizer: PromptOptimizer = PrivateAttr()

    def __init__(self, config: OptimizerConfig | None = None, **fields: Any) -> None:
        super().__init__()
        self._optimizer = PromptOptimizer(config, fields)

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Any = None
    ) -> list[Document]:
        given = [{"title": _title(found), "text": found.page_content} for found in documents]
        left = zip(documents, cut_documents(self._optimizer, given, query), strict=True)
        return [found.model_copy(update={"page_content": text}) for found, text in left if text is not None]


def _messages(given: LanguageModelInput) -> list[BaseMessage]:
    if isinstance(given, PromptValue):
        return given.to_messages()
    return [HumanMessage(given)] if isinstance(given, str) else convert_to_messages(given)


def _as_openai(message: BaseMessage) -> dict[str, Any]:
    """Role and calls as OpenAI has them, around the content as it is: it is written back."""
    frame: Any = convert_to_openai_messages(message.model_copy(update={"content": ""}))
    return {**frame, "content": message.content}


def _with_content(found: PlacedMessage, given: Sequence[BaseMessage]) -> BaseMessage:
    if found.place is None:
        return convert_to_messages([found.message])[0]
    original = given[found.place]
    content = found.message.get("content", "")
    return original if content == original.content else original.model_copy(update={"content": content})


def _title(document: Document) -> str:
    return str(document.metadata.get("title") or document.metadata.get("source") or "")
