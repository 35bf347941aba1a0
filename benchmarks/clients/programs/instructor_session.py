"""instructor: a structured answer by a forced tool, twice. Argument: openai or anthropic."""

import json
import os
import sys
from pathlib import Path

import instructor
from pydantic import BaseModel, Field

material = json.loads(Path("material.json").read_text())


class Incident(BaseModel):
    """An incident of one day. The code MUST be exactly 8 upper-case letters."""

    service: str = Field(description="The service that failed first. NEVER a customer's name.")
    code: str = Field(description="Exactly 8 upper-case letters.")
    minutes: int = Field(description="How long it took, MUST be in minutes.")


if sys.argv[1] == "openai":
    from openai import OpenAI

    client = instructor.from_openai(OpenAI(base_url=os.environ["BASE"] + "/v1", api_key=os.environ["KEY"]))
    options = {"model": "gpt-4o"}
else:
    from anthropic import Anthropic

    client = instructor.from_anthropic(Anthropic(base_url=os.environ["BASE"], api_key=os.environ["KEY"]))
    options = {"model": "claude-sonnet-5", "max_tokens": 500}

results = []
for question in material["questions"][:2]:
    messages = [{"role": "user", "content": f"{question}\n\n{material['log']}"}]
    found = client.chat.completions.create(response_model=Incident, messages=messages, **options)
    results.append(found.model_dump())
print(json.dumps(results))
