"""pydantic-ai: an agent with a tool over three turns, one of them streamed. Argument: plain or optimized."""

import asyncio
import json
import os
import sys
from pathlib import Path

from pydantic_ai import Agent, Tool
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

material = json.loads(Path("material.json").read_text())


def find_tickets(status: str) -> str:
    return material["tickets"]


async def main():
    provider = OpenAIProvider(base_url=os.environ["BASE"] + "/v1", api_key=os.environ["KEY"])
    model = OpenAIChatModel("gpt-4o", provider=provider)
    if sys.argv[1] == "optimized":
        from token_optimizer.adapters.pydantic_ai import OptimizedModel

        model = OptimizedModel(model, target_reduction=0.5)
    tool = Tool(find_tickets, name=material["tool"]["name"], description=material["tool"]["description"])
    agent = Agent(model, tools=[tool], system_prompt="You are on call.")
    history, answers = [], []
    for number, question in enumerate(material["questions"]):
        if number == 1:
            async with agent.run_stream(question, message_history=history) as result:
                answers.append(await result.get_output())
        else:
            text = f"{question}\n\n{material['log']}" if number == 0 else question
            result = await agent.run(text, message_history=history)
            answers.append(result.output)
        history = result.all_messages()
    assert material["log"].splitlines()[450] in str(history)
    print(json.dumps(answers))


asyncio.run(main())
