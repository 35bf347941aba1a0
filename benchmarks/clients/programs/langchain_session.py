"""LangChain: an agent with a tool over three turns. Argument: openai or anthropic."""

import json
import os
import sys
from pathlib import Path

from langchain.agents import create_agent
from langchain_core.tools import StructuredTool
from pydantic import Field, create_model

material = json.loads(Path("material.json").read_text())
calls = []


def find_tickets(status, since):
    calls.append([status, since])
    return material["tickets"]


if sys.argv[1] == "openai":
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model="gpt-4o", base_url=os.environ["BASE"] + "/v1", api_key=os.environ["KEY"])
else:
    from langchain_anthropic import ChatAnthropic

    model = ChatAnthropic(model="claude-sonnet-5", base_url=os.environ["BASE"], api_key=os.environ["KEY"])

tool = material["tool"]
fields = {name: (str, Field(description=text)) for name, text in tool["fields"].items()}
structured = StructuredTool.from_function(
    find_tickets,
    name=tool["name"],
    description=tool["description"],
    args_schema=create_model("Args", **fields),
)
agent = create_agent(model, [structured], system_prompt="You are on call. Answer in one sentence.")
messages, results = [], []
for number, question in enumerate(material["questions"]):
    text = f"{question}\n\n{material['log']}" if number == 0 else question
    messages.append({"role": "user", "content": text})
    messages = agent.invoke({"messages": messages})["messages"]
    results.append(messages[-1].text if isinstance(messages[-1].text, str) else messages[-1].text())
print(json.dumps([calls, results]))
