"""The official OpenAI SDK through the gateway: two arguments change, the answer says what was saved.

Run: OPTIMIZER_KEY=tok_... .venv/bin/python examples/basic_usage.py
OPTIMIZER_URL says where the gateway is, when it is not at http://127.0.0.1:8000.
"""

import json
import os

from openai import OpenAI

url = os.environ.get("OPTIMIZER_URL", "http://127.0.0.1:8000")
client = OpenAI(base_url=f"{url}/v1", api_key=os.environ["OPTIMIZER_KEY"])

orders = [
    {"id": f"ORD-{number}", "status": "shipped" if number % 7 else "held", "total_cents": 999 + number}
    for number in range(1000, 1120)
]
response = client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[
        {"role": "system", "content": "You answer questions about orders."},
        {"role": "user", "content": f"{json.dumps(orders, indent=2)}\n\nWhich orders are held?"},
    ],
)

stats = (response.model_extra or {})["optimizer_stats"]
print(response.choices[0].message.content)
print(f"{stats['tokens_before']} -> {stats['tokens_after']} tokens, {stats['latency_ms']:.1f} ms added")
