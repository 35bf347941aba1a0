"""How near receipts come to the bill: `python -m benchmarks.receipts --data FOLDER`.

FOLDER holds `agent_runs.jsonl.gz`, recorded runs of agents: each is sent turn by turn through an instance, in
each dialect, to a mock provider that has a prompt cache and counts by a tokenizer of its own. What the
receipts say that the runs would have been billed without the gateway is compared with what the same turns are
billed when they go to such a provider directly.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from tests.optimizer_app.instance.whole.running_instance import start_instance
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_counting import CountingCache
from tests.provider.mock_provider import MockProvider
from token_optimizer.models import Dialect

Json = dict[str, Any]
DATA = "agent_runs.jsonl.gz"
MAX_ERROR = 0.01
MODELS: dict[Dialect, tuple[str, ...]] = {
    "openai": ("gpt-4o", "gpt-5.6"),
    "anthropic": ("claude-sonnet-4-5",),
}
PATHS: dict[Dialect, str] = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
_MARK = {"cache_control": {"type": "ephemeral"}}


@dataclass(slots=True)
class Bills:
    """US dollars: with the gateway, without it by the receipts, and directly."""

    billed: Decimal = Decimal(0)
    without_us: Decimal = Decimal(0)
    directly: Decimal = Decimal(0)
    requests: int = 0

    @property
    def error(self) -> float:
        return float(self.without_us / self.directly) - 1 if self.directly else 0.0


@dataclass(frozen=True, slots=True)
class Site:
    """A running instance, and the provider behind it."""

    url: str
    key: str
    provider: MockProvider


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for each model, and fail where one is too far off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help=f"the folder that holds {DATA}")
    parser.add_argument("--runs", type=int, default=33, help="how many runs, spread over the file")
    asked = parser.parse_args(arguments)
    everything = list(recorded_runs(asked.data / DATA))
    runs = everything[:: max(len(everything) // asked.runs, 1)][: asked.runs]
    print("| model | requests | billed | without us, by receipts | directly | error |")
    print("|---" * 6 + "|", flush=True)
    with running_site() as site:
        errors = [
            abs(_measured(site, dialect, model, runs)) for dialect in MODELS for model in MODELS[dialect]
        ]
    if max(errors) > MAX_ERROR:
        raise SystemExit(f"an error of {max(errors):.2%} is above {MAX_ERROR:.0%}")


def recorded_runs(path: Path) -> Iterator[Json]:
    with gzip.open(path, "rt") as lines:
        yield from map(json.loads, lines)


@contextmanager
def running_site() -> Iterator[Site]:
    """An instance of its own for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="token-optimizer-receipts-") as top, MockProvider() as provider:
        Path(top).chmod(0o711)
        state = Path(top) / "state"
        state.mkdir(mode=0o711)
        environment = {"OPENAI_BASE_URL": provider.openai_url, "OPENAI_API_KEY": "sk-mock"}
        environment |= {"ANTHROPIC_BASE_URL": provider.url, "ANTHROPIC_API_KEY": "sk-ant-mock"}
        instance = start_instance(state, **environment)
        try:
            instance.wait_until_up()
            yield Site(instance.url, instance.key, provider)
        finally:
            instance.process.terminate()
            instance.process.wait()


def _measured(site: Site, dialect: Dialect, model: str, runs: Sequence[Json]) -> float:
    """The error over all runs."""
    bills = Bills()
    for number, run in enumerate(runs):
        # What one run left in the cache another one, which came much later, did not find.
        site.provider.cache = _provider_cache(dialect)
        _send_through_gateway(site, dialect, list(turns(run, dialect, model, number)), bills)
        bills.directly += _billed_directly(turns(run, dialect, model, number), dialect)
    shown = f"${bills.billed:.4f} | ${bills.without_us:.4f} | ${bills.directly:.4f} | {bills.error:+.2%}"
    print(f"| {model} | {bills.requests} | {shown} |", flush=True)
    return bills.error


def _provider_cache(dialect: Dialect) -> CountingCache:
    """A cache that counts like OpenAI, or like a tokenizer that nobody knows."""
    if dialect == "anthropic":
        return CountingCache(encoding_name="cl100k_base", per_token=1.15)
    return CountingCache()


def _send_through_gateway(site: Site, dialect: Dialect, bodies: Sequence[Json], bills: Bills) -> None:
    headers = {"authorization": f"Bearer {site.key}"}
    for body in bodies:
        answer = requests.post(
            site.url + PATHS[dialect], json=body, headers=headers, timeout=PATIENCE_SECONDS
        )
        answer.raise_for_status()
        trace = _trace(site, answer.headers["x-optimizer-trace-id"])
        bills.billed += Decimal(str(trace["billed_usd"]))
        bills.without_us += sum(
            (Decimal(line["usd"]) for line in trace["receipt"]["without_us"] if line["kind"] != "reasoning"),
            Decimal(0),
        )
        bills.requests += 1


def _trace(site: Site, trace_id: str) -> Json:
    headers = {"authorization": f"Bearer {site.key}"}
    while True:
        answer = requests.get(f"{site.url}/v1/traces/{trace_id}", headers=headers, timeout=PATIENCE_SECONDS)
        if answer.status_code != 404:
            answer.raise_for_status()
            return dict(answer.json())


def _billed_directly(bodies: Iterator[Json], dialect: Dialect) -> Decimal:
    """What a provider asks for the turns, by the usage in its answers."""
    from genai_prices import Usage, calc_price

    usd = Decimal(0)
    with MockProvider() as provider:
        provider.cache = _provider_cache(dialect)
        for body in bodies:
            answer = requests.post(provider.url + PATHS[dialect], json=body, timeout=PATIENCE_SECONDS)
            answer.raise_for_status()
            usage = _usage(answer.json()["usage"], dialect)
            usd += calc_price(Usage(**usage), body["model"], provider_id=dialect).total_price
    return usd


def _usage(usage: Json, dialect: Dialect) -> dict[str, int]:
    """A `usage` object as genai-prices counts."""
    if dialect == "anthropic":
        read, written = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
        return {
            "input_tokens": usage["input_tokens"] + read + written,
            "cache_read_tokens": read,
            "cache_write_tokens": written,
            "cache_write_1h_tokens": usage["cache_creation"]["ephemeral_1h_input_tokens"],
            "output_tokens": usage["output_tokens"],
        }
    details = usage["prompt_tokens_details"]
    return {
        "input_tokens": usage["prompt_tokens"],
        "cache_read_tokens": details["cached_tokens"],
        "cache_write_tokens": details["cache_write_tokens"],
        "output_tokens": usage["completion_tokens"],
    }


def turns(run: Json, dialect: Dialect, model: str, number: int) -> Iterator[Json]:
    """The request before each step of a run. Its number sets it apart from others that begin alike."""
    tools = run.get("tools") or []
    for step in run["steps"]:
        messages = run["messages"][: step["at"]]
        if dialect == "openai":
            yield {"model": model, "messages": messages, "tools": tools, "user": f"run {number}"}
        else:
            yield _as_anthropic(model, messages, tools)


def _as_anthropic(model: str, messages: Sequence[Json], tools: Sequence[Json]) -> Json:
    """The same for Anthropic, with the marks that its agents set: system text and newest message."""
    system = "\n".join(message["content"] for message in messages if message["role"] == "system")
    spoken: list[Json] = []
    for message in messages:
        if message["role"] == "system":
            continue
        role, blocks = _blocks(message)
        if spoken and spoken[-1]["role"] == role:
            spoken[-1]["content"] += blocks
        else:
            spoken.append({"role": role, "content": blocks})
    spoken[-1]["content"][-1] = {**spoken[-1]["content"][-1], **_MARK}
    functions = [tool["function"] for tool in tools]
    return {
        "model": model,
        "max_tokens": 1000,
        "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "tools": [_as_tool(function) for function in functions],
        "messages": spoken,
    }


def _as_tool(function: Json) -> Json:
    schema = function.get("parameters") or {"type": "object"}
    return {"name": function["name"], "description": function.get("description", ""), "input_schema": schema}


def _blocks(message: Json) -> tuple[str, list[Json]]:
    text = message.get("content") or ""
    if message["role"] == "tool":
        result = {"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": text or "-"}
        return "user", [result]
    blocks: list[Json] = [{"type": "text", "text": text}] if text else []
    for call in message.get("tool_calls") or ():
        function = call["function"]
        asked = _object(function["arguments"])
        blocks.append({"type": "tool_use", "id": call["id"], "name": function["name"], "input": asked})
    return message["role"], blocks or [{"type": "text", "text": "-"}]


def _object(arguments: str) -> Json:
    try:
        value = json.loads(arguments or "{}")
    except ValueError:
        value = {"text": arguments}
    return value if isinstance(value, dict) else {"value": value}


if __name__ == "__main__":
    main()
