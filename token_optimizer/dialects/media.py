"""The images, files and audio in a message's content: what the parts of each dialect hold of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from token_optimizer.models import Dialect

MediaKind = Literal["image", "pdf", "audio", "file"]

_PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Media:
    """One image, PDF, sound or other file. `data` is its base64, empty where the part only links or names it;
    `format` is that of a sound, and `detail` what OpenAI's dialects ask for of an image."""

    kind: MediaKind
    data: str = ""
    format: str = ""
    detail: str = ""


# The tokens of media in a dialect, and how they were found.
CountMedia = Callable[[Media, Dialect], tuple[int, str]]


def media_of(part: Mapping[str, Any]) -> Media | None:
    """What the part holds; None where it holds none, or its text."""
    match part.get("type"):
        case "image_url" | "input_image" | "computer_screenshot":
            return _openai_image(part)
        case "input_audio":
            return _openai_audio(part.get("input_audio"))
        case "file":
            return _openai_file(part.get("file"))
        case "input_file":
            return _openai_file(part)
        case "image":
            return Media("image", _source_data(part.get("source")))
        case "document":
            return _anthropic_document(part.get("source"))
    return None


def _openai_image(part: Mapping[str, Any]) -> Media:
    """An image whose address, or data, stands in the part or one level below."""
    inner = part.get("image_url")
    holder = inner if isinstance(inner, dict) else part
    url = holder.get("url") if isinstance(inner, dict) else inner
    return Media("image", _url_data(url), detail=_text(holder.get("detail")))


def _openai_audio(inner: Any) -> Media | None:
    if not isinstance(inner, dict):
        return None
    return Media("audio", _text(inner.get("data")), _text(inner.get("format")))


def _openai_file(inner: Any) -> Media | None:
    if not isinstance(inner, dict):
        return None
    data, name = _text(inner.get("file_data")), _text(inner.get("filename"))
    is_pdf = data.startswith(f"data:{_PDF}") or name.lower().endswith(".pdf") or not (data or name)
    return Media("pdf" if is_pdf else "file", _url_data(data) or data)


def _anthropic_document(source: Any) -> Media | None:
    """A document that is no text: a PDF, given whole, linked or named."""
    if not isinstance(source, dict) or source.get("type") not in ("base64", "url", "file"):
        return None
    return Media("pdf", _source_data(source))


def _source_data(source: Any) -> str:
    return _text(source.get("data")) if isinstance(source, dict) else ""


def _url_data(url: Any) -> str:
    """The base64 of a data URL; empty for every other address."""
    text = _text(url)
    return text.partition("base64,")[2] if text.startswith("data:") else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
