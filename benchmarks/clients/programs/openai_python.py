"""The official OpenAI SDK: a tool's loop, a streamed turn and a plain one. Argument: chat or responses."""

import json
import os
import sys
from pathlib import Path

from openai import OpenAI

material = json.loads(Path("material.json").read_text())
client = OpenAI(base_url=os.environ["BASE"] + "/v1", api_key=os.environ["KEY"])
tool = material["tool"]
schema = {
    "type": "object",
    "properties": {name: {"type": "string", "description": text} for name, text in tool["fields"].items()},
    "required": list(tool["fields"]),
    "additionalProperties": False,
}
head = {"name": tool["name"], "description": tool["description"], "parameters": schema}
results = []


def chat():
    messages = [{"role": "system", "content": "You are on call. Answer in one sentence."}]
    options = {"model": "gpt-4o", "tools": [{"type": "function", "function": head}]}
    for number, question in enumerate(material["questions"]):
        text = f"{question}\n\n{material['log']}" if number == 0 else question
        messages.append({"role": "user", "content": text})
        if number == 1:
            with client.chat.completions.stream(messages=messages, **options) as stream:
                message = stream.get_final_completion().choices[0].message
        else:
            message = client.chat.completions.create(messages=messages, **options).choices[0].message
        messages.append(message.model_dump(exclude_none=True, exclude={"parsed"}))
        if message.tool_calls:
            results.append(message.tool_calls[0].function.arguments)
            messages.append(
                {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": material["tickets"]}
            )
            message = client.chat.completions.create(messages=messages, **options).choices[0].message
            messages.append(message.model_dump(exclude_none=True))
        results.append(message.content)


def responses():
    items = []
    options = {"model": "gpt-4o", "tools": [{"type": "function", "strict": True, **head}], "store": False}
    for number, question in enumerate(material["questions"]):
        text = f"{question}\n\n{material['log']}" if number == 0 else question
        items.append({"role": "user", "content": text})
        if number == 1:
            with client.responses.stream(input=items, **options) as stream:
                answer = stream.get_final_response()
        else:
            answer = client.responses.create(input=items, **options)
        items += [item.model_dump(exclude_none=True) for item in answer.output]
        if answer.output[0].type == "function_call":
            call = answer.output[0]
            results.append(call.arguments)
            items.append(
                {"type": "function_call_output", "call_id": call.call_id, "output": material["tickets"]}
            )
            answer = client.responses.create(input=items, **options)
            items += [item.model_dump(exclude_none=True) for item in answer.output]
        results.append(answer.output_text)


{"chat": chat, "responses": responses}[sys.argv[1]]()
print(json.dumps(results))
