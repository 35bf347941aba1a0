"""A template that somebody sends, checked part by part before it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from optimizer_app.configs.check import is_storable
from optimizer_app.prompts.errors import ContentRefused, TextRefused
from optimizer_app.prompts.language import Reference
from optimizer_app.prompts.template import (
    MAX_TEXT_CHARS,
    SYSTEM_ROLES,
    Kind,
    Template,
    TemplateMessage,
    Variable,
)
from optimizer_app.prompts.values import text_of

# What the template has other places for, or what only a request can say.
_NO_PARAMETERS = frozenset({"model", "messages", "system", "stream", "variables"})

Problem = tuple[str, str]


def checked(content: Mapping[str, Any]) -> Template:
    """The template, which can be used; ContentRefused names the parts that keep it from that."""
    try:
        template = Template.model_validate(content)
    except ValidationError as error:
        raise ContentRefused(dict(map(_problem, error.errors(include_url=False)))) from None
    problems = dict(_problems(template, content))
    if problems:
        raise ContentRefused(problems)
    return template


def _problem(error: Any) -> Problem:
    place = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return place, "is no part of a template"
    if error["type"] == "missing":
        return place, "is missing"
    return place, str(error["msg"]).replace("Input should", "must", 1).replace("List should", "must", 1)


def _problems(template: Template, content: Mapping[str, Any]) -> Iterator[Problem]:
    if not is_storable(content):
        yield "messages", "hold characters that cannot be stored"
    if sum(len(message.text) for message in template.messages) > MAX_TEXT_CHARS:
        yield "messages", f"have more than {MAX_TEXT_CHARS:,} characters"
    for name in _NO_PARAMETERS & template.parameters.keys():
        yield f"parameters.{name}", "is no parameter"
    used = set()
    for number, message in enumerate(template.messages):
        place = f"messages.{number}"
        try:
            names = {part.name for part in message.parts if isinstance(part, Reference)}
        except TextRefused as error:
            yield f"{place}.text", str(error)
            used |= {variable.name for variable in template.variables}
            continue
        used |= names
        yield from _problems_of_message(template, message, names, place)
    yield from _problems_of_order(template)
    yield from _problems_of_variables(template, used)


def _problems_of_message(
    template: Template, message: TemplateMessage, names: set[str], place: str
) -> Iterator[Problem]:
    unknown = sorted(names - {variable.name for variable in template.variables})
    if message.role in SYSTEM_ROLES and names:
        yield f"{place}.text", _variable_in_system(min(names), message.role)
    elif unknown:
        yield f"{place}.text", f"{{{{ {unknown[0]} }}}} is not among the variables"
    if not message.text.strip():
        yield f"{place}.text", "is empty"
    if message.role == "developer" and template.dialect == "anthropic":
        yield f"{place}.role", "must be system, user or assistant: Anthropic has no developer messages"


def _variable_in_system(name: str, role: str) -> str:
    return (
        f"{{{{ {name} }}}} cannot stand in a {role} message: that is the part that providers cache. "
        "Put it into a user message"
    )


def _problems_of_order(template: Template) -> Iterator[Problem]:
    """System messages come first, and a conversation behind them."""
    is_system = [message.role in SYSTEM_ROLES for message in template.messages]
    for number in range(1, len(is_system)):
        if is_system[number] and not is_system[number - 1]:
            yield f"messages.{number}.role", "system and developer messages come first"
    if all(is_system):
        yield "messages", "need one of the user's"


def _problems_of_variables(template: Template, used: set[str]) -> Iterator[Problem]:
    names = [variable.name for variable in template.variables]
    for number, variable in enumerate(template.variables):
        place = f"variables.{number}"
        if not (variable.name.isidentifier() and variable.name.isascii()):
            yield f"{place}.name", "must be letters, digits and _, and begin with a letter"
        elif variable.name in names[:number]:
            yield f"{place}.name", "stands here twice"
        elif variable.name not in used:
            yield f"{place}.name", "stands in no message"
        yield from _problems_of_values(variable, place)


def _problems_of_values(variable: Variable, place: str) -> Iterator[Problem]:
    if variable.kind is Kind.CHOICE and not any(choice.strip() for choice in variable.choices):
        yield f"{place}.choices", "are missing"
        return
    if variable.kind is not Kind.CHOICE and variable.choices:
        yield f"{place}.choices", "belong to variables of kind choice"
    for name in ("default", "example"):
        value = getattr(variable, name)
        try:
            if value is not None:
                text_of(variable, value)
        except ValueError as error:
            yield f"{place}.{name}", str(error)
