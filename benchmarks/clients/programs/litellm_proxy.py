"""LiteLLM's proxy with its guardrail for compressors, and the OpenAI SDK's session in front of it.

The guardrail asks BASE for `/v1/compress`; where nobody answers that, as at the provider itself, the prompt
goes on as it came. The proxy's own calls of the model pass the gateway byte for byte.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

START_SECONDS = 240
# That of the proxy, which refuses to start with one that could be guessed.
OWN_KEY = f"sk-{secrets.token_hex(32)}"
base, key = os.environ["BASE"], os.environ["KEY"]
model = {
    "model": "openai/gpt-4o",
    "api_base": f"{base}/v1",
    "api_key": key,
    "extra_headers": {"X-Optimizer-Mode": "off"},
}
guardrail = {
    "guardrail": "headroom",
    "mode": "pre_call",
    "default_on": True,
    "api_base": base,
    "api_key": key,
    "ccr_retrieval": False,
    "unreachable_fallback": "fail_open",
}
config = {
    "model_list": [{"model_name": "gpt-4o", "litellm_params": model}],
    "guardrails": [{"guardrail_name": "token-optimizer", "litellm_params": guardrail}],
    "general_settings": {"master_key": OWN_KEY},
    "litellm_settings": {"telemetry": False, "num_retries": 0},
}


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_until_alive(origin, proxy):
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{origin}/health/liveliness", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if proxy.poll() is not None or time.monotonic() > give_up_at:
                sys.exit("the proxy did not start")
            time.sleep(0.5)


# JSON is YAML, too.
Path("config.yaml").write_text(json.dumps(config))
port = free_port()
origin = f"http://127.0.0.1:{port}"
command = [str(Path(sys.executable).parent / "litellm"), "--config", "config.yaml"]
proxy = subprocess.Popen([*command, "--host", "127.0.0.1", "--port", str(port)], stdout=sys.stderr)
try:
    wait_until_alive(origin, proxy)
    session = [sys.executable, str(Path(__file__).parent / "openai_python.py"), "chat"]
    subprocess.run(session, env={**os.environ, "BASE": origin, "KEY": OWN_KEY}, check=True)
finally:
    proxy.terminate()
    proxy.wait(30)
