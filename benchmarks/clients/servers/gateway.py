"""The gateway as its users start it: `manage.py up` in a state folder of its own, before a provider."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.clients.client import Address
from optimizer_app.instance.state import free_port

ROOT = Path(__file__).parents[3]
KEY = "tok_benchmarks_of_real_clients"
PROVIDER_KEY = "sk-scripted"
MAX_START_SECONDS = 180
MAX_STOP_SECONDS = 40


@asynccontextmanager
async def running_gateway(provider: str, log: Path) -> AsyncIterator[Address]:
    """Its first project has the scripted provider behind both dialects."""
    state, port = tempfile.mkdtemp(prefix="token-optimizer-gateway-"), free_port()
    # The embedded PostgreSQL may run as another user.
    os.chmod(state, 0o755)
    process = _started(_variables(state, port, provider), log)
    try:
        address = Address(f"http://127.0.0.1:{port}", KEY)
        await _until_ready(address.origin, process, log)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, MAX_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(state, ignore_errors=True)


def _started(variables: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """With the environment of this process, without what would lead the gateway to other servers."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    with log.open("w") as output:
        command = [sys.executable, "manage.py", "up"]
        return subprocess.Popen(command, cwd=ROOT, env={**kept, **variables}, stdout=output, stderr=output)


def _variables(state: str, port: int, provider: str) -> dict[str, str]:
    return {
        "OPTIMIZER_STATE_DIR": state,
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "OPTIMIZER_BOOTSTRAP_KEY": KEY,
        "OPENAI_API_KEY": PROVIDER_KEY,
        "OPENAI_BASE_URL": f"{provider}/v1",
        "ANTHROPIC_API_KEY": PROVIDER_KEY,
        "ANTHROPIC_BASE_URL": provider,
    }


async def _until_ready(origin: str, process: subprocess.Popen[bytes], log: Path) -> None:
    async with asyncio.timeout(MAX_START_SECONDS):
        while not await asyncio.to_thread(_is_ready, origin):
            if process.poll() is not None:
                raise RuntimeError(f"the gateway ended; see {log}")
            await asyncio.sleep(0.5)


def _is_ready(origin: str) -> bool:
    try:
        with urllib.request.urlopen(f"{origin}/readyz", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
