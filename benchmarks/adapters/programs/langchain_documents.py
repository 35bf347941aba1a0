"""LangChain: retrieved documents compressed before the model sees them. Argument: plain or optimized."""

import json
import os
import sys
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

material = json.loads(Path("material.json").read_text())
documents = [
    Document(page_content=found["text"], metadata={"source": found["title"], "page": 1})
    for found in material["documents"]
]
question = material["document_question"]
if sys.argv[1] == "optimized":
    from token_optimizer.adapters.langchain import OptimizeDocuments

    documents = OptimizeDocuments(target_reduction=0.5).compress_documents(documents, question)
    assert all(found.metadata["page"] == 1 for found in documents)
model = ChatOpenAI(model="gpt-4o", base_url=os.environ["BASE"] + "/v1", api_key=os.environ["KEY"])
prompt = ChatPromptTemplate.from_messages([("user", "{context}\n\n{question}")])
context = "\n\n".join(found.page_content for found in documents)
print(json.dumps([(prompt | model).invoke({"context": context, "question": question}).content]))
