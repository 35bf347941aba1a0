"""LiteLLM's proxy with the callback in its config, and a session of its own SDK in front of it.

Argument: plain or optimized.
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
target = {"model": "openai/gpt-4o", "api_base": os.environ["BASE"] + "/v1", "api_key": os.environ["KEY"]}
settings = {"telemetry": False, "num_retries": 0}
if sys.argv[1] == "optimized":
    settings["callbacks"] = "token_optimizer.adapters.litellm.optimize_requests"
config = {
    "model_list": [{"model_name": "gpt-4o", "litellm_params": target}],
    "general_settings": {"master_key": OWN_KEY},
    "litellm_settings": settings,
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
    session = [sys.executable, str(Path(__file__).parent / "litellm_sdk.py"), "plain", "sync"]
    subprocess.run(session, env={**os.environ, "BASE": origin, "KEY": OWN_KEY}, check=True)
finally:
    proxy.terminate()
    proxy.wait(30)
