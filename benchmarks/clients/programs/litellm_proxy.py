"""LiteLLM's proxy with its guardrail for compressors, and the OpenAI SDK's session in front of it.

The guardrail asks BASE for `/v1/compress`; where nobody answers that, as at the provider itself, the prompt
goes on as it came. The proxy's own calls of the model pass the gateway byte for byte.
"""

import os
from pathlib import Path

from litellm_server import run_session

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
    "litellm_settings": {"telemetry": False, "num_retries": 0},
}
run_session(config, [str(Path(__file__).parent / "openai_python.py"), "chat"])
