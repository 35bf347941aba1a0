"""Images, documents and sounds in OpenAI's bodies: data URLs, and what a data URL says of itself."""

from __future__ import annotations

import mimetypes
from typing import Literal

from gateway.translation.pivot.conversation import Lifetime, Media
from gateway.translation.pivot.errors import Untranslatable

Kind = Literal["image", "document", "audio"]


def media_at(
    url: str, kind: Kind, field: str, *, name: str = "", detail: str = "", cache: Lifetime | None = None
) -> Media:
    """What lies at an address, or in a data URL."""
    if url.startswith("data:"):
        media_type, data = data_url(url, field)
        return Media(kind, media_type, field, data=data, name=name, detail=detail, cache=cache)
    if not url.startswith(("https://", "http://", "gs://", "s3://")):
        raise Untranslatable(field, "it is no URL")
    return Media(kind, media_type_of(url), field, url=url, name=name, detail=detail, cache=cache)


def media_type_of(url: str) -> str:
    """What an address says of what lies there; empty where it says nothing."""
    return mimetypes.guess_type(url.partition("?")[0])[0] or ""


def data_url(url: str, field: str) -> tuple[str, str]:
    """The media type and the base64 of a data URL."""
    head, comma, data = url.removeprefix("data:").partition(",")
    media_type, *parameters = head.split(";")
    if not comma or "base64" not in parameters:
        raise Untranslatable(field, "it is no data URL in base64")
    return media_type.lower(), data


def file_at(url: str, field: str, name: str) -> Media:
    """A file by its data URL, or its address."""
    found = media_at(url, "document", field, name=name)
    kind: Kind = "image" if found.media_type.startswith("image/") else "document"
    return found if kind == "document" else media_at(url, kind, field, name=name)
