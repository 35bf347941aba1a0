"""The texts in the items of OpenAI's Responses API: its `input` holds messages, calls, outputs and reasoning.

Messages, and what the caller's own tools put out, may be rewritten. All else is counted at most: calls,
reasoning, the results of the provider's tools, and outputs that it parses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from token_optimizer.dialects.media import media_of
from token_optimizer.dialects.text_parts import (
    Place,
    TextPart,
    as_list,
    call_text,
    content_parts,
    read_text,
)
from token_optimizer.models import BlockType, Kind

# A call of the caller's tools, and the output that has to answer it.
OUTPUT_OF = {
    "apply_patch_call": "apply_patch_call_output",
    "computer_call": "computer_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "function_call": "function_call_output",
    "local_shell_call": "local_shell_call_output",
    "shell_call": "shell_call_output",
}
OUTPUTS = frozenset(OUTPUT_OF.values())
# What stands for the whole conversation, and so goes with no turn.
STANDING = frozenset(
    {"additional_tools", "compaction", "compaction_trigger", "configuration_update", "mcp_list_tools"}
)
# What a model reads of the items that are no message and no output.
_READ_OF = {
    "additional_tools": ("tools",),
    "apply_patch_call": ("operation",),
    "code_interpreter_call": ("code",),
    "computer_call": ("action", "actions"),
    "custom_tool_call": ("name", "input"),
    "file_search_call": ("queries", "results"),
    "function_call": ("name", "arguments"),
    "local_shell_call": ("action",),
    "mcp_approval_request": ("name", "arguments"),
    "mcp_approval_response": ("reason",),
    "mcp_call": ("name", "arguments", "output"),
    "mcp_list_tools": ("tools",),
    "program": ("code",),
    "program_output": ("result",),
    "shell_call": ("action",),
    "tool_search_call": ("arguments",),
    "tool_search_output": ("tools",),
    "web_search_call": ("action",),
}


def item_type(item: Mapping[str, Any]) -> str:
    """The item's type; a message may leave it out, and so may a reference to a stored item."""
    kind = item.get("type")
    return kind if isinstance(kind, str) else "message" if "role" in item else "item_reference"


def item_parts(item: Mapping[str, Any], index: int) -> Iterator[TextPart]:
    """Every text of an item that is no message."""
    kind = item_type(item)
    called = Place(("input", index), BlockType.ASSISTANT, "assistant", index)
    if kind in OUTPUTS:
        yield from _output_parts(
            item, kind, Place(("input", index, "output"), BlockType.TOOL, "tool", index, True)
        )
    elif kind in _READ_OF:
        opaque = kind in STANDING or kind.endswith("_output")
        yield called.counted(call_text(item, _READ_OF[kind]), Kind.OPAQUE if opaque else Kind.CALL)
    else:
        yield called.counted(read_text({name: item.get(name) for name in ("summary", "content")}))


def _output_parts(item: Mapping[str, Any], kind: str, place: Place) -> Iterator[TextPart]:
    output = item.get("output")
    if kind == "shell_call_output":
        for number, chunk in enumerate(as_list(output)):
            for stream in ("stdout", "stderr"):
                text = chunk.get(stream) if isinstance(chunk, dict) else None
                if text and isinstance(text, str):
                    yield place.at(number, stream).text_part(text)
    elif kind == "local_shell_call_output" and isinstance(output, str):
        # A string of JSON that the provider parses.
        yield place.counted(output)
    elif isinstance(output, dict) and (media := media_of(output)) is not None:
        yield place.medium(media)
    else:
        yield from content_parts(output, place)
