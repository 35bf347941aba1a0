"""The page with every operation of the management API, from its OpenAPI schema."""

from __future__ import annotations

from collections.abc import Iterator

import django

_INTRODUCTION = (
    "Written from the OpenAPI schema that an instance serves at `/api/schema/`. Who may call it, and what is"
    " not said by a schema, is in [the management API](../management-api.md); the endpoints that models are"
    " asked by are in [the HTTP interface](../api.md)."
)


def endpoints_page() -> str:
    """Each collection with its operations. Sets Django up."""
    django.setup()
    from optimizer_app.api.operations import collections

    lines = ["# Endpoints of the management API", "", _INTRODUCTION, ""]
    for name, operations in collections().items():
        lines += [f"## {name}", ""]
        for operation in operations:
            lines += _section(operation)
    return "\n".join(lines)


def _section(operation) -> Iterator[str]:
    yield from (f"### {operation.method} `{operation.path}`", "", _plain(operation.about), "")
    if operation.parameters:
        yield from ("| Parameter | In | Meaning |", "| --- | --- | --- |")
        yield from (_row(parameter) for parameter in operation.parameters)
        yield ""
    if operation.files:
        yield from (f"A form with files under {', '.join(f'`{name}`' for name in operation.files)}.", "")
    if operation.body is not None:
        yield from ("```json", operation.body, "```", "")


def _row(parameter) -> str:
    name = f"`{parameter.name}`" + (", needed" if parameter.required else "")
    choices = ", ".join(f"`{choice}`" for choice in parameter.choices)
    return f"| {name} | {parameter.place} | {choices or _plain(parameter.help).replace(chr(10), ' ')} |"


def _plain(text: str) -> str:
    """Docstrings of the code, whose characters mean nothing in Markdown."""
    return text.replace("|", "\\|").replace("<", "&lt;")
