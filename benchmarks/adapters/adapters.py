"""The adapters: the packages of their frameworks, pinned, and what they run."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.clients.environments import PythonPackages


@dataclass(frozen=True, slots=True)
class Framework:
    """`module` is that of the adapter, `extra` that of the library."""

    module: str
    extra: str
    packages: PythonPackages


@dataclass(frozen=True, slots=True)
class Adapter:
    """One program of a framework, with its arguments."""

    name: str
    framework: Framework
    program: str
    arguments: tuple[str, ...] = ()


_LANGCHAIN = Framework(
    "langchain", "langchain", PythonPackages(("langchain-core==1.8.3", "langchain-openai==1.7.4"))
)
_LLAMAINDEX = Framework(
    "llamaindex",
    "llama-index",
    PythonPackages(("llama-index-core==0.14.25", "llama-index-llms-openai-like==0.8.1")),
)
# The newest whose proxy's own packages can be had.
_LITELLM = Framework("litellm", "litellm", PythonPackages(("litellm[proxy]==1.108.7",)))
_DSPY = Framework("dspy", "dspy", PythonPackages(("dspy==3.4.1",)))
_PYDANTIC_AI = Framework("pydantic_ai", "pydantic-ai", PythonPackages(("pydantic-ai-slim[openai]==2.68.0",)))
_OPENAI_AGENTS = Framework("openai_agents", "openai-agents", PythonPackages(("openai-agents==0.24.0",)))

ADAPTERS = (
    Adapter("LangChain, messages", _LANGCHAIN, "langchain_messages.py"),
    Adapter("LangChain, documents", _LANGCHAIN, "langchain_documents.py"),
    Adapter("LlamaIndex, nodes", _LLAMAINDEX, "llamaindex_nodes.py"),
    Adapter("LiteLLM, SDK, async", _LITELLM, "litellm_sdk.py", ("async",)),
    Adapter("LiteLLM, SDK, sync", _LITELLM, "litellm_sdk.py", ("sync",)),
    Adapter("LiteLLM, proxy", _LITELLM, "litellm_proxy.py"),
    Adapter("DSPy", _DSPY, "dspy_predict.py"),
    Adapter("pydantic-ai", _PYDANTIC_AI, "pydantic_ai_agent.py"),
    Adapter("OpenAI Agents, Chat", _OPENAI_AGENTS, "openai_agents.py", ("chat",)),
    Adapter("OpenAI Agents, Responses", _OPENAI_AGENTS, "openai_agents.py", ("responses",)),
)
