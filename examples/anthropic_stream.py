"""The official Anthropic SDK through the gateway, as a stream; what was saved stands in the headers.

Run: OPTIMIZER_KEY=tok_... .venv/bin/python examples/anthropic_stream.py
"""

import json
import os

from anthropic import Anthropic

url = os.environ.get("OPTIMIZER_URL", "http://127.0.0.1:8000")
client = Anthropic(base_url=url, api_key=os.environ["OPTIMIZER_KEY"])

readings = [{"sensor": "hall", "minute": minute, "celsius": 21.5} for minute in range(90)]
question = f"{json.dumps(readings, indent=4)}\n\nDid the temperature in the hall change?"
with client.messages.stream(
    model="claude-haiku-5-5",
    max_tokens=300,
    messages=[{"role": "user", "content": question}],
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
    headers = stream.response.headers

print(f"\n{headers['x-optimizer-tokens-saved']} tokens saved, trace {headers['x-optimizer-trace-id']}")
