"""An agent that streams and calls tools, on a client of your own: `wrap` is the one line that is added.

Run: OPENAI_API_KEY=sk-... .venv/bin/python examples/agent_with_tools.py
"""

import json

from openai import OpenAI

from token_optimizer import wrap

client = wrap(OpenAI(), target_reduction=0.5)
TOOL = {
    "name": "read_log",
    "description": "Reads the log of a host.",
    "parameters": {"type": "object", "properties": {"host": {"type": "string"}}, "required": ["host"]},
}


def read_log(host: str) -> str:
    lines = [f"10:{n // 60:02d}:{n % 60:02d} INFO {host} heartbeat {n}" for n in range(900)]
    lines[412] = f"10:06:52 ERROR {host} connection refused by db-3"
    return "\n".join(lines)


messages: list[dict] = [{"role": "user", "content": "Why did web-1 fail this morning?"}]
for _turn in range(5):
    with client.chat.completions.stream(
        model="gpt-4o-mini", messages=messages, tools=[{"type": "function", "function": TOOL}]
    ) as stream:
        for event in stream:
            if event.type == "content.delta":
                print(event.delta, end="", flush=True)
        message = stream.get_final_completion().choices[0].message
    messages.append(message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"}))
    if not message.tool_calls:
        break
    for call in message.tool_calls:
        result = read_log(**json.loads(call.function.arguments))
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
print()
