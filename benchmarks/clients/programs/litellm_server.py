"""LiteLLM's proxy, for the length of one session in front of it."""

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
STOP_SECONDS = 30


def run_session(config, session):
    """Start the proxy with a config, and run the Python program `session` with BASE and KEY of the proxy."""
    # The proxy refuses to start with a key that could be guessed.
    key = f"sk-{secrets.token_hex(32)}"
    # JSON is YAML, too.
    Path("config.yaml").write_text(json.dumps({**config, "general_settings": {"master_key": key}}))
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).parent / "litellm"), "--config", "config.yaml"]
    proxy = subprocess.Popen([*command, "--host", "127.0.0.1", "--port", str(port)], stdout=sys.stderr)
    try:
        wait_until_alive(origin, proxy)
        variables = {**os.environ, "BASE": origin, "KEY": key}
        subprocess.run([sys.executable, *session], env=variables, check=True)
    finally:
        proxy.terminate()
        proxy.wait(STOP_SECONDS)


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
