"""The texts that a message's content carries, part by part, in all dialects.

A text either may be rewritten, or is only counted: calls, reasoning that is signed, refusals, text that is
cited or shall be (citations count its characters), and the results of the provider's own tools. Images,
audio and files are counted, and stay in the body as they came, like all parts that we do not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from token_optimizer.dialects.json_text import compact_json
from token_optimizer.dialects.media import Media, media_of
from token_optimizer.models import BlockType, Kind, Path

# What ends a cached prefix; the part that carries it must not go.
CACHE_MARKS = frozenset({"cache_control", "prompt_cache_breakpoint"})
# Where the parts that we do not rewrite hold what the model reads.
_READ_KEYS = frozenset({"content", "context", "refusal", "stderr", "stdout", "text", "thinking", "title"})
_NOT_READ = frozenset({"citations", "annotations", "logprobs", "cache_control", "input", "image_url"})


class TextPart(NamedTuple):
    """One text of a body. `path` is None where the text is counted but never written back.

    `message` is the index in the conversation, -1 outside of it; `pinned` texts must not become empty.
    Where `media` stands there is no text.
    """

    text: str
    type: BlockType
    role: str
    path: Path | None
    message: int = -1
    kind: Kind | None = None
    tool_result: bool = False
    pinned: bool = False
    media: Media | None = None


class Place(NamedTuple):
    """Where in a body a text stands, and whose it is. A tuple: each message of each request makes some."""

    path: Path
    type: BlockType
    role: str
    message: int = -1
    tool_result: bool = False

    def at(self, *steps: str | int) -> Place:
        return Place((*self.path, *steps), self.type, self.role, self.message, self.tool_result)

    def of(self, block_type: BlockType, *, tool_result: bool = False) -> Place:
        return Place(self.path, block_type, self.role, self.message, tool_result)

    def text_part(self, text: str, kind: Kind | None = None, *, pinned: bool = False) -> TextPart:
        """A text that may be rewritten."""
        return TextPart(text, self.type, self.role, self.path, self.message, kind, self.tool_result, pinned)

    def counted(self, text: str, kind: Kind = Kind.OPAQUE, *, pinned: bool = False) -> TextPart:
        """A text that is never written back."""
        return TextPart(text, self.type, self.role, None, self.message, kind, self.tool_result, pinned)

    def medium(self, media: Media) -> TextPart:
        """An image, a file or a sound, which stays as it came."""
        whose = self.type, self.role, None, self.message, Kind.MEDIA, self.tool_result
        return TextPart("", *whose, media=media)


def content_parts(content: Any, place: Place) -> Iterator[TextPart]:
    """Every text of a message's content, or of a tool result's: a string, or a list of parts."""
    if isinstance(content, str):
        if content:
            yield place.text_part(content)
        return
    parts = as_list(content)
    signed = _last_signed(parts)
    for index, part in enumerate(parts):
        if isinstance(part, dict):
            # Signed reasoning comes back as it was given, and so does what stands between.
            yield from _nested_parts(part, place.at(index), fixed=index < signed)


def call_text(call: Mapping[str, Any], names: Sequence[str]) -> str:
    """What a model reads of a call: the fields of these names, one after the other."""
    values = (call.get(name) for name in names)
    return "".join(value if isinstance(value, str) else compact_json(value) for value in values if value)


def read_text(value: Any) -> str:
    """What a model reads of a part that we do not rewrite, whatever its shape."""
    return "\n".join(_read_texts(value))


def as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _last_signed(parts: Sequence[Any]) -> int:
    signed = ("thinking", "redacted_thinking")
    places = (at for at, part in enumerate(parts) if isinstance(part, dict) and part.get("type") in signed)
    return max(places, default=-1)


def _nested_parts(part: Mapping[str, Any], place: Place, *, fixed: bool) -> Iterator[TextPart]:
    match part.get("type"):
        case "text" | "input_text" | "output_text":
            yield from _plain_parts(part, place, fixed=fixed)
        case "tool_result" if not place.tool_result:
            inner = place.at("content").of(BlockType.TOOL, tool_result=True)
            yield from content_parts(part.get("content"), inner)
        case "tool_use" | "server_tool_use" | "mcp_tool_use":
            call = place.of(BlockType.ASSISTANT)
            yield call.counted(call_text(part, ("server_name", "name", "input")), Kind.CALL)
        case "document":
            yield from _document_parts(part, place)
        case "search_result":
            yield from _search_result_parts(part, place)
        case "compaction" | "tool_addition" | "tool_removal":
            # What stands here for the whole conversation would be lost with its turn.
            yield place.counted(call_text(part, ("content", "tool")), pinned=True)
        case "mcp_tool_listing":
            yield place.counted(call_text(part, ("tools",)))
        case _:
            media = media_of(part)
            text = read_text(part) if media is None else ""
            if media is not None:
                yield place.medium(media)
            elif text:
                yield place.counted(text)


def _plain_parts(part: Mapping[str, Any], place: Place, *, fixed: bool) -> Iterator[TextPart]:
    text = part.get("text")
    if not isinstance(text, str):
        return
    if fixed or part.get("citations") or part.get("annotations"):
        yield place.counted(text)
    else:
        yield place.at("text").text_part(text, pinned=not CACHE_MARKS.isdisjoint(part))


def _document_parts(part: Mapping[str, Any], place: Place) -> Iterator[TextPart]:
    """A document's text, given whole or in parts, or its PDF, which lies elsewhere or is given as bytes."""
    yield from _labels(part, ("title", "context"), place)
    media = media_of(part)
    if media is not None:
        yield place.medium(media)
    source = part.get("source")
    if not isinstance(source, dict):
        return
    inner = place.at("source").of(BlockType.DOC, tool_result=place.tool_result)
    if source.get("type") == "text":
        yield from _citable(source.get("data"), inner.at("data"), cited=_is_cited(part))
    elif source.get("type") == "content":
        yield from _citable(source.get("content"), inner.at("content"), cited=_is_cited(part))


def _search_result_parts(part: Mapping[str, Any], place: Place) -> Iterator[TextPart]:
    yield from _labels(part, ("title", "source"), place)
    inner = place.at("content").of(BlockType.DOC, tool_result=place.tool_result)
    yield from _citable(part.get("content"), inner, cited=_is_cited(part))


def _citable(content: Any, place: Place, *, cited: bool) -> Iterator[TextPart]:
    """The texts of a document, which must not become empty; only counted where the answer shall cite it."""
    texts = [(place, content)]
    if isinstance(content, list):
        parts = ((at, part) for at, part in enumerate(content) if isinstance(part, dict))
        texts = [(place.at(at, "text"), part.get("text")) for at, part in parts]
    for inner, text in texts:
        if isinstance(text, str):
            yield inner.counted(text) if cited else inner.text_part(text, Kind.DOCUMENT, pinned=True)


def _labels(part: Mapping[str, Any], names: Sequence[str], place: Place) -> Iterator[TextPart]:
    text = "\n".join(part[name] for name in names if isinstance(part.get(name), str))
    if text:
        yield place.counted(text)


def _is_cited(part: Mapping[str, Any]) -> bool:
    citations = part.get("citations")
    return isinstance(citations, dict) and bool(citations.get("enabled"))


def _read_texts(value: Any) -> Iterator[str]:
    """Strings under the keys that models read, without recursion: the value may be nested deep."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, list):
            todo.extend(item[::-1])
        elif isinstance(item, dict):
            held = [key for key in item if key not in _NOT_READ]
            yield from (item[key] for key in held if isinstance(item[key], str) and _is_read(key, item))
            todo.extend(item[key] for key in held[::-1] if isinstance(item[key], dict | list))


def _is_read(key: Any, holder: Mapping[Any, Any]) -> bool:
    """`data` is text in a source of text, and base64 elsewhere."""
    return key in _READ_KEYS or (key == "data" and holder.get("type") == "text")
