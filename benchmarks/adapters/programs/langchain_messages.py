"""LangChain: a tool's loop over three turns. Argument: plain or optimized."""

import json
import os
import sys
from pathlib import Path

from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_openai import ChatOpenAI

material = json.loads(Path("material.json").read_text())
tool = {
    "type": "function",
    "function": {
        "name": material["tool"]["name"],
        "description": material["tool"]["description"],
        "parameters": {"type": "object", "properties": {"status": {"type": "string"}}},
    },
}
model = ChatOpenAI(model="gpt-4o", base_url=os.environ["BASE"] + "/v1", api_key=os.environ["KEY"])
chain = model.bind_tools([tool])
if sys.argv[1] == "optimized":
    from token_optimizer.adapters.langchain import OptimizeMessages

    chain = OptimizeMessages(target_reduction=0.5) | chain

messages, answers = [SystemMessage("You are on call.", id="system")], []
for number, question in enumerate(material["questions"]):
    text = f"{question}\n\n{material['log']}" if number == 0 else question
    messages.append(HumanMessage(text))
    answer = chain.invoke(messages)
    while answer.tool_calls:
        result = ToolMessage(material["tickets"], tool_call_id=answer.tool_calls[0]["id"])
        messages += [answer, result]
        answer = chain.invoke(messages)
    messages.append(answer)
    answers.append(answer.text if isinstance(answer.text, str) else answer.text())
print(json.dumps(answers))
