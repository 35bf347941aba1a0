"""pydantic-ai: an agent with a tool over three turns. Argument: openai or anthropic."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_ai import Agent, Tool

material = json.loads(Path("material.json").read_text())
fields = material["tool"]["fields"]
calls = []


def find_tickets(
    status: Annotated[str, Field(description=fields["status"])],
    since: Annotated[str, Field(description=fields["since"])],
) -> str:
    calls.append([status, since])
    return material["tickets"]


if sys.argv[1] == "openai":
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=os.environ["BASE"] + "/v1", api_key=os.environ["KEY"])
    model = OpenAIChatModel("gpt-4o", provider=provider)
else:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(base_url=os.environ["BASE"], api_key=os.environ["KEY"])
    model = AnthropicModel("claude-sonnet-5", provider=AnthropicProvider(anthropic_client=client))

tool = Tool(find_tickets, name=material["tool"]["name"], description=material["tool"]["description"])
agent = Agent(model, tools=[tool], system_prompt="You are on call. Answer in one sentence.")
history, results = [], []
for number, question in enumerate(material["questions"]):
    text = f"{question}\n\n{material['log']}" if number == 0 else question
    result = agent.run_sync(text, message_history=history)
    history = result.all_messages()
    results.append(result.output)
print(json.dumps([calls, results]))
