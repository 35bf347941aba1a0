"""The official SDKs of OpenAI and Anthropic."""

from __future__ import annotations

from benchmarks.clients.families.programs import node_client, python_client

SDKS = (
    python_client("openai, Python", ("openai",), "openai_python.py", "chat"),
    python_client("openai, Python, Responses", ("openai",), "openai_python.py", "responses"),
    python_client("anthropic, Python", ("anthropic",), "anthropic_python.py"),
    node_client("openai, Node", ("openai",), "openai_node.mjs"),
    node_client("anthropic, Node", ("@anthropic-ai/sdk",), "anthropic_node.mjs"),
)
