"""LlamaIndex: a function agent with a tool over three turns, streamed as it does by itself."""

import asyncio
import json
import os
from pathlib import Path

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context
from llama_index.llms.openai_like import OpenAILike
from pydantic import Field, create_model

material = json.loads(Path("material.json").read_text())
calls = []


def find_tickets(status: str, since: str) -> str:
    calls.append([status, since])
    return material["tickets"]


async def main():
    tool = material["tool"]
    fields = {name: (str, Field(description=text)) for name, text in tool["fields"].items()}
    structured = FunctionTool.from_defaults(
        find_tickets,
        name=tool["name"],
        description=tool["description"],
        fn_schema=create_model("Args", **fields),
    )
    model = OpenAILike(
        model="gpt-4o",
        api_base=os.environ["BASE"] + "/v1",
        api_key=os.environ["KEY"],
        is_chat_model=True,
        is_function_calling_model=True,
        context_window=128_000,
    )
    agent = FunctionAgent(tools=[structured], llm=model, system_prompt="You are on call.")
    context, results = Context(agent), []
    for number, question in enumerate(material["questions"]):
        text = f"{question}\n\n{material['log']}" if number == 0 else question
        results.append(str(await agent.run(text, ctx=context)))
    print(json.dumps([calls, results]))


asyncio.run(main())
