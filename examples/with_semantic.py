"""Stored documents come before the question they answer, without being asked for.

Run: OPTIMIZER_KEY=tok_... .venv/bin/python examples/with_semantic.py
OPTIMIZER_URL says where the gateway is, when it is not at http://127.0.0.1:8000.

The library alone does the same over a PostgreSQL of yours: `TokenOptimizer(enable_semantic_retrieval=True,
postgres_url=...)`, with documents stored through `VectorStore`.
"""

import os
import time

import requests

url = os.environ.get("OPTIMIZER_URL", "http://127.0.0.1:8000")
headers = {"authorization": f"Bearer {os.environ['OPTIMIZER_KEY']}"}

documents = [
    {
        "id": "errors.md",
        "content": "# Errors\n\nPython handles an exception in an except clause; finally runs either way.",
        "type": "doc",
        "metadata": {"source": "docs.example.com"},
    },
    {"id": "lists.md", "content": "# Lists\n\nA list grows at its end in constant time.", "type": "doc"},
]
job = requests.post(f"{url}/v1/ingest", json={"documents": documents}, headers=headers, timeout=30).json()
for _ in range(60):
    if requests.get(f"{url}/v1/ingest/{job['job']}", headers=headers, timeout=30).json()["status"] == "done":
        break
    time.sleep(1)

# A config of the project with "enable_semantic_retrieval": true does the same for every request.
answer = requests.post(
    f"{url}/v1/optimize",
    json={
        "messages": [{"role": "user", "content": "How do I handle exceptions in Python?"}],
        "config": {"enable_semantic_retrieval": True},
    },
    headers=headers,
    timeout=30,
).json()

stats = answer["optimizer_stats"]
print(answer["messages"][-1]["content"])
print(f"Route: {stats['route']}, {stats['tokens_retrieved']} tokens from stored documents")
