"""openai-agents: an agent with a tool over three turns. Argument: chat or responses."""

import asyncio
import json
import os
import sys
from pathlib import Path

from agents import (
    Agent,
    FunctionTool,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    set_tracing_disabled,
)
from openai import AsyncOpenAI

material = json.loads(Path("material.json").read_text())
calls = []


async def find_tickets(context, arguments):
    calls.append(json.loads(arguments))
    return material["tickets"]


async def main():
    set_tracing_disabled(True)
    client = AsyncOpenAI(base_url=os.environ["BASE"] + "/v1", api_key=os.environ["KEY"])
    kind = {"chat": OpenAIChatCompletionsModel, "responses": OpenAIResponsesModel}[sys.argv[1]]
    tool = material["tool"]
    schema = {
        "type": "object",
        "properties": {
            name: {"type": "string", "description": text} for name, text in tool["fields"].items()
        },
        "required": list(tool["fields"]),
        "additionalProperties": False,
    }
    structured = FunctionTool(
        name=tool["name"],
        description=tool["description"],
        params_json_schema=schema,
        on_invoke_tool=find_tickets,
    )
    agent = Agent(
        name="On call", instructions="You are on call.", tools=[structured], model=kind("gpt-4o", client)
    )
    items, results = [], []
    for number, question in enumerate(material["questions"]):
        text = f"{question}\n\n{material['log']}" if number == 0 else question
        items.append({"role": "user", "content": text})
        result = await Runner.run(agent, items)
        items = result.to_input_list()
        results.append(result.final_output)
    print(json.dumps([calls, results]))


asyncio.run(main())
