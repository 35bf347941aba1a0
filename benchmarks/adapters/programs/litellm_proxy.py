"""LiteLLM's proxy with the callback in its config, and a session of its own SDK in front of it.

Argument: plain or optimized.
"""

import os
import sys
from pathlib import Path

from litellm_server import run_session

target = {"model": "openai/gpt-4o", "api_base": os.environ["BASE"] + "/v1", "api_key": os.environ["KEY"]}
settings = {"telemetry": False, "num_retries": 0}
if sys.argv[1] == "optimized":
    settings["callbacks"] = "token_optimizer.adapters.litellm.optimize_requests"
config = {
    "model_list": [{"model_name": "gpt-4o", "litellm_params": target}],
    "litellm_settings": settings,
}
run_session(config, [str(Path(__file__).parent / "litellm_sdk.py"), "plain", "sync"])
