"""LlamaIndex: a node postprocessor that cuts what was retrieved to what the query needs.

index.as_query_engine(node_postprocessors=[OptimizeNodes(target_reduction=0.5)])
"""

from __future__ import annotations

from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle, TextNode

from token_optimizer.adapters.documents import cut_documents
from token_optimizer.adapters.prompts import PromptOptimizer
from token_optimizer.config import OptimizerConfig


class OptimizeNodes(BaseNodePostprocessor):
    """Leaves out nodes of which the query needs nothing. Nodes that are no text, and all without a query,
    stay as they are."""

    _optimizer: PromptOptimizer = PrivateAttr()

    def __init__(self, config: OptimizerConfig | None = None, **fields: Any) -> None:
        super().__init__()
        self._optimizer = PromptOptimizer(config, fields)

    @classmethod
    def class_name(cls) -> str:
        return "OptimizeNodes"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        texts = [found for found in nodes if isinstance(found.node, TextNode)]
        if query_bundle is None or not texts:
            return nodes
        given = [{"title": _title(found), "text": _text(found)} for found in texts]
        left = cut_documents(self._optimizer, given, query_bundle.query_str)
        by_id = dict(zip((found.node_id for found in texts), left, strict=True))
        kept = [found for found in nodes if by_id.get(found.node_id, "") is not None]
        return [_with_text(found, by_id.get(found.node_id)) for found in kept]


def _title(found: NodeWithScore) -> str:
    metadata = found.node.metadata
    return str(metadata.get("title") or metadata.get("file_name") or "")


def _text(found: NodeWithScore) -> str:
    return str(found.node.get_content(MetadataMode.NONE))


def _with_text(found: NodeWithScore, text: str | None) -> NodeWithScore:
    if text is None or text == _text(found):
        return found
    node = found.node.model_copy()
    node.set_content(text)
    return NodeWithScore(node=node, score=found.score)
