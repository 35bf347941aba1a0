"""Whether the library works where it alone is installed."""

from __future__ import annotations

import json

from benchmarks.packages.environments import ROOT, Environment, Failed
from tests.provider.mock_provider import MockProvider, Reply, ToolCall

_LOOK = """
import importlib.metadata, sys
import token_optimizer
loaded = [name for name in sys.modules if name.partition(".")[0] in ("numpy", "requests", "tiktoken")]
assert not loaded, loaded
assert token_optimizer.__file__.startswith(sys.prefix), token_optimizer.__file__
print(" ".join(sorted(found.name.lower() for found in importlib.metadata.distributions())))
"""
_NOT_WANTED = {"django", "torch", "celery", "openai", "anthropic", "pydantic", "sentence-transformers"}
_TYPED = """
from token_optimizer import Block, BlockType, OptimizerConfig, TokenOptimizer, optimize
from token_optimizer.models import OptimizationStats

config: OptimizerConfig = OptimizerConfig.preset("balanced")
block: Block = Block(content="text", type=BlockType.USER)
messages, stats = optimize([{"role": "user", "content": "Hello"}], config=config)
found: OptimizationStats = stats
saved: int = stats.tokens_before - stats.tokens_after


def client() -> TokenOptimizer:
    return TokenOptimizer(config)


reveal_type(stats.tokens_before)
optimize(5)
"""


def library_works(environment: Environment) -> str:
    """Its names, its programs, and the example of the library alone."""
    names = set(environment.run(environment.python, "-c", _LOOK).split())
    if names & _NOT_WANTED:
        raise Failed(f"{', '.join(sorted(names & _NOT_WANTED))} came along")
    environment.take_examples()
    printed = environment.run(environment.python, "-m", "examples.library_only").splitlines()[0]
    counted = environment.run(environment.program, "count", "-", given="Hello world").strip()
    if counted != "2":
        raise Failed(f"`count` of two tokens says {counted}")
    environment.run(environment.program, "bench", "examples/prompts")
    _service_is_missing(environment)
    return f"{len(names)} packages; {printed}"


def _service_is_missing(environment: Environment) -> None:
    try:
        environment.run(environment.program, "up")
    except Failed as error:
        if "pip install 'token-optimizer[service]'" in str(error):
            return
        raise
    raise Failed("`up` ended well without a service")


def types_hold(environment: Environment) -> str:
    """mypy --strict, of our environment, sees the types of the installed library, and one mistake."""
    (environment.work / "user.py").write_text(_TYPED)
    # A config that says nothing: ours is for Django.
    (environment.work / "mypy.ini").write_text("[mypy]\n")
    mypy = [ROOT / ".venv/bin/python", "-m", "mypy", "--strict", "--no-incremental"]
    try:
        environment.run(*mypy, "--python-executable", environment.python, "user.py")
    except Failed as error:
        seen = str(error).splitlines()
    else:
        raise Failed("mypy let a wrong argument pass")
    wanted = ('Revealed type is "int"', 'incompatible type "int"', "Found 1 error in 1 file")
    missing = [text for text in wanted if not any(text in line for line in seen)]
    if missing:
        raise Failed(f"mypy did not say {missing[0]!r}: {seen}")
    return "names and arguments are typed"


def sdks_work(environment: Environment) -> str:
    """The examples with the official SDKs, against a provider on a real socket."""
    environment.take_examples()
    with MockProvider() as provider:
        variables = {
            "OPENAI_BASE_URL": provider.openai_url,
            "OPENAI_API_KEY": "sk-of-the-provider",
            "ANTHROPIC_BASE_URL": provider.url,
            "ANTHROPIC_API_KEY": "sk-ant-of-the-provider",
        }
        environment.run(environment.python, "-m", "examples.custom_config", variables=variables)
        provider.script(Reply(tool_calls=(ToolCall("read_log", '{"host": "web-1"}'),)))
        environment.run(environment.python, "-m", "examples.agent_with_tools", variables=variables)
        asked = len(provider.requests)
    prompt = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
    line = json.dumps({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": prompt})
    sums = json.loads(environment.run(environment.program, "replay", "-", "--json", given=line))
    if not sums["total"]["before_usd"]:
        raise Failed(f"`replay` knows no prices: {sums['total']}")
    return f"2 examples, {asked} requests; prices are known"
