"""The agent of `agent_with_tools` on the SDK of Anthropic: it streams, calls tools, and may read back.

Run: ANTHROPIC_API_KEY=sk-ant-... .venv/bin/python examples/claude_agent_with_tools.py
"""

from anthropic import Anthropic

from token_optimizer import wrap

client = wrap(Anthropic(), target_reduction=0.5)
TOOL = {
    "name": "read_log",
    "description": "Reads the log of a host.",
    "input_schema": {"type": "object", "properties": {"host": {"type": "string"}}, "required": ["host"]},
}


def read_log(host: str) -> str:
    lines = [f"10:{n // 60:02d}:{n % 60:02d} INFO {host} heartbeat {n}" for n in range(900)]
    lines[412] = f"10:06:52 ERROR {host} connection refused by db-3"
    return "\n".join(lines)


messages: list[dict] = [{"role": "user", "content": "Why did web-1 fail this morning?"}]
for _turn in range(5):
    with client.messages.stream(
        model="claude-haiku-4-5", max_tokens=500, messages=messages, tools=[TOOL]
    ) as stream:
        for text in stream.text_stream:
            print(text, end="", flush=True)
        answer = stream.get_final_message()
    messages.append({"role": "assistant", "content": answer.content})
    calls = [block for block in answer.content if block.type == "tool_use"]
    if not calls:
        break
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": read_log(**call.input)} for call in calls
    ]
    messages.append({"role": "user", "content": results})
print()
