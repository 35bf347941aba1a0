"""One prompt sent twice: optimized, and with `X-Optimizer-Mode: off` byte for byte as it is.

Run: OPTIMIZER_KEY=tok_... .venv/bin/python examples/off_mode.py
"""

import json
import os
from pathlib import Path

from openai import OpenAI

url = os.environ.get("OPTIMIZER_URL", "http://127.0.0.1:8000")
client = OpenAI(base_url=f"{url}/v1", api_key=os.environ["OPTIMIZER_KEY"])
prompt = json.loads((Path(__file__).parent / "prompts" / "many-tools.json").read_text("utf-8"))

for mode in ("on", "off"):
    answer = client.chat.completions.with_raw_response.create(
        **prompt["body"], extra_headers={"X-Optimizer-Mode": mode}
    )
    billed = answer.parse().usage
    print(
        f"{mode:3}  route {answer.headers['x-optimizer-route']:14}",
        f"saved {answer.headers['x-optimizer-tokens-saved']:>5} tokens,",
        f"the provider counted {billed.prompt_tokens if billed else 'nothing'}",
    )
