"""LlamaIndex: a query engine over retrieved nodes. Argument: plain or optimized."""

import json
import os
import sys
from pathlib import Path

from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.llms.openai_like import OpenAILike

material = json.loads(Path("material.json").read_text())


class Fixed(BaseRetriever):
    def _retrieve(self, query_bundle):
        return [
            NodeWithScore(node=TextNode(text=found["text"], metadata={"title": found["title"]}), score=0.5)
            for found in material["documents"]
        ]


postprocessors = []
if sys.argv[1] == "optimized":
    from token_optimizer.adapters.llamaindex import OptimizeNodes

    postprocessors = [OptimizeNodes(target_reduction=0.5)]
model = OpenAILike(
    model="gpt-4o",
    api_base=os.environ["BASE"] + "/v1",
    api_key=os.environ["KEY"],
    is_chat_model=True,
    context_window=128_000,
)
engine = RetrieverQueryEngine(
    Fixed(), get_response_synthesizer(llm=model), node_postprocessors=postprocessors
)
print(json.dumps([str(engine.query(material["document_question"]))]))
