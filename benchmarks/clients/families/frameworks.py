"""Libraries above the SDKs."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.clients.families.programs import node_client, python_client
from benchmarks.clients.script import Answer, Script

INCIDENT = {"service": "payment", "code": "ABCDEFGH", "minutes": 6}
STRUCTURED = Script((Answer(calls={"Incident": INCIDENT}),))
LANGCHAIN = ("langchain", "langchain-openai", "langchain-anthropic")
LLAMAINDEX = ("llama-index-core", "llama-index-llms-openai-like")
PYDANTIC_AI = ("pydantic-ai-slim[openai,anthropic]",)
LITELLM_PROXY = ("litellm[proxy]==1.108.7",)
VERCEL_AI = ("ai", "@ai-sdk/openai", "@ai-sdk/anthropic")

FRAMEWORKS = (
    python_client("LangChain, OpenAI", LANGCHAIN, "langchain_session.py", "openai"),
    python_client("LangChain, Anthropic", LANGCHAIN, "langchain_session.py", "anthropic"),
    python_client("LlamaIndex", LLAMAINDEX, "llamaindex_session.py"),
    python_client("pydantic-ai, OpenAI", PYDANTIC_AI, "pydantic_ai_session.py", "openai"),
    python_client("pydantic-ai, Anthropic", PYDANTIC_AI, "pydantic_ai_session.py", "anthropic"),
    python_client("openai-agents, Chat", ("openai-agents",), "openai_agents_session.py", "chat"),
    python_client("openai-agents, Responses", ("openai-agents",), "openai_agents_session.py", "responses"),
    python_client(
        "instructor, OpenAI", ("instructor",), "instructor_session.py", "openai", script=STRUCTURED
    ),
    python_client(
        "instructor, Anthropic",
        ("instructor", "anthropic"),
        "instructor_session.py",
        "anthropic",
        script=STRUCTURED,
    ),
    python_client("litellm, OpenAI", ("litellm",), "litellm_session.py", "openai"),
    python_client("litellm, Anthropic", ("litellm",), "litellm_session.py", "anthropic"),
    replace(
        python_client("litellm proxy, its guardrail", LITELLM_PROXY, "litellm_proxy.py"),
        asks_compressor=True,
        max_seconds=400,
    ),
    node_client("Vercel AI, OpenAI", VERCEL_AI, "vercel_ai.mjs", "openai"),
    node_client("Vercel AI, Anthropic", VERCEL_AI, "vercel_ai.mjs", "anthropic"),
)
