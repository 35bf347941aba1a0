"""OpenAI Agents SDK: an agent with a tool and a session. Arguments: plain or optimized, chat or responses."""

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
    RunConfig,
    Runner,
    SQLiteSession,
    set_tracing_disabled,
)
from openai import AsyncOpenAI

material = json.loads(Path("material.json").read_text())


async def find_tickets(context, arguments):
    return material["tickets"]


async def main():
    set_tracing_disabled(True)
    client = AsyncOpenAI(base_url=os.environ["BASE"] + "/v1", api_key=os.environ["KEY"])
    kind = {"chat": OpenAIChatCompletionsModel, "responses": OpenAIResponsesModel}[sys.argv[2]]
    tool = FunctionTool(
        name=material["tool"]["name"],
        description=material["tool"]["description"],
        params_json_schema={
            "type": "object",
            "properties": {"status": {"type": "string"}},
            "required": ["status"],
            "additionalProperties": False,
        },
        on_invoke_tool=find_tickets,
    )
    agent = Agent("On call", instructions="You are on call.", tools=[tool], model=kind("gpt-4o", client))
    config = RunConfig()
    if sys.argv[1] == "optimized":
        from token_optimizer.adapters.openai_agents import OptimizeInput

        config = RunConfig(call_model_input_filter=OptimizeInput(target_reduction=0.5))
    session, answers = SQLiteSession("incident"), []
    for number, question in enumerate(material["questions"]):
        text = f"{question}\n\n{material['log']}" if number == 0 else question
        answers.append((await Runner.run(agent, text, session=session, run_config=config)).final_output)
    assert material["log"].splitlines()[450] in str(await session.get_items())
    print(json.dumps(answers))


asyncio.run(main())
