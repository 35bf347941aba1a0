"""What a prompt template is: messages with variables, and where its prompt is sent."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from optimizer_app.prompts.language import Part, parsed

MAX_MESSAGES = 50
MAX_VARIABLES = 50
MAX_TEXT_CHARS = 200_000
SYSTEM_ROLES = ("system", "developer")
Role = Literal["system", "developer", "user", "assistant"]
TemplateDialect = Literal["openai", "anthropic"]


class Kind(StrEnum):
    """What a variable holds."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    DOCUMENTS = "documents"
    JSON = "json"


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)


class Variable(_Part):
    """`default` None: a request has to bring a value. `example` stands for it in previews and sums."""

    name: Annotated[str, Field(max_length=60)]
    kind: Annotated[Kind, Field(strict=False)] = Kind.TEXT
    description: Annotated[str, Field(max_length=500)] = ""
    choices: Annotated[list[str], Field(max_length=100)] = []
    default: Any = None
    example: Any = None


class TemplateMessage(_Part):
    role: Role
    text: Annotated[str, Field(max_length=MAX_TEXT_CHARS)]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The fixed texts and the variables; TextRefused where the text cannot be read."""
        return parsed(self.text)


class Template(_Part):
    """A whole template. `parameters` are further fields of the body: max_tokens, tools, temperature.

    `marks_stable_part`: Anthropic is told to keep the part before the first variable in its cache.
    """

    dialect: TemplateDialect
    model: Annotated[str, Field(max_length=200)] = ""
    parameters: dict[str, Any] = {}
    messages: Annotated[list[TemplateMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    variables: Annotated[list[Variable], Field(max_length=MAX_VARIABLES)] = []
    marks_stable_part: bool = False

    def examples(self) -> dict[str, Any]:
        """A value of every variable: its example, else its default, else something of its kind."""
        return {variable.name: _example(variable) for variable in self.variables}


def _example(variable: Variable) -> Any:
    for value in (variable.example, variable.default):
        if value is not None:
            return value
    if variable.kind is Kind.CHOICE:
        return variable.choices[0]
    made_up = {Kind.NUMBER: 1, Kind.DOCUMENTS: [], Kind.JSON: {}}
    return made_up.get(variable.kind, f"({variable.name})")
