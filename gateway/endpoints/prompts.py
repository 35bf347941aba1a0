"""`POST /v1/prompts/{name}`: a prompt template rendered with the body's variables, and sent as it says.

`name@3` is version 3; without a version the live one is sent. The answer is that of the template's dialect:
a chat completion or a message, as JSON or as a stream.
"""

from __future__ import annotations

from urllib.parse import unquote

from gateway.callers.auth import Caller
from gateway.dialects.base import ApiDialect
from gateway.dialects.chat import CHAT
from gateway.dialects.messages import MESSAGES
from gateway.endpoints.completions import complete
from gateway.endpoints.from_template import prompt_request
from gateway.recording import Recording
from gateway.requests.client import Client
from gateway.requests.template import reference_in
from gateway.state import Gateway

_DIALECTS: dict[str, ApiDialect] = {"openai": CHAT, "anthropic": MESSAGES}


async def prompts(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """Serve one request."""
    asked = reference_in(unquote(client.path.removeprefix("/v1/prompts/")))
    prompt = await gateway.prompts.find(caller.project_id, asked)
    dialect = _DIALECTS[prompt.template.dialect]
    recording.dialect = dialect.name
    request = await prompt_request(dialect, gateway, client, caller, recording, prompt)
    _, question_mark, query = client.target.partition("?")
    target = f"{dialect.path}{question_mark}{query}"
    await complete(dialect, gateway, client, caller, recording, request, target)
