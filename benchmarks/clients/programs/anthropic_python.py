"""The official Anthropic SDK: a tool's loop, then a streamed turn and a plain one."""

import json
import os
from pathlib import Path

from anthropic import Anthropic

material = json.loads(Path("material.json").read_text())
client = Anthropic(base_url=os.environ["BASE"], api_key=os.environ["KEY"])
tool = material["tool"]
schema = {
    "type": "object",
    "properties": {name: {"type": "string", "description": text} for name, text in tool["fields"].items()},
    "required": list(tool["fields"]),
}
options = {
    "model": "claude-sonnet-5",
    "max_tokens": 1000,
    "system": "You are on call. Answer in one sentence.",
    "tools": [{"name": tool["name"], "description": tool["description"], "input_schema": schema}],
}
messages, results = [], []


def ask(streamed=False):
    if streamed:
        with client.messages.stream(messages=messages, **options) as stream:
            answer = stream.get_final_message()
    else:
        answer = client.messages.create(messages=messages, **options)
    content = [
        block.model_dump(exclude_none=True, include={"type", "text", "id", "name", "input"})
        for block in answer.content
    ]
    messages.append({"role": "assistant", "content": content})
    return answer.content[0]


for number, question in enumerate(material["questions"]):
    text = f"{question}\n\n{material['log']}" if number == 0 else question
    messages.append({"role": "user", "content": text})
    block = ask(streamed=number == 1)
    if block.type == "tool_use":
        results.append(block.input)
        result = {"type": "tool_result", "tool_use_id": block.id, "content": material["tickets"]}
        messages.append({"role": "user", "content": [result]})
        block = ask()
    results.append(block.text)
print(json.dumps(results))
