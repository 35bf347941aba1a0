"""Images, documents and sounds in Bedrock's blocks."""

from __future__ import annotations

import re
from typing import Any

from gateway.translation.pivot.conversation import Media
from gateway.translation.pivot.errors import Untranslatable

Json = dict[str, Any]
_IMAGES = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/jpg": "jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
}
_SOUNDS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
}
_DOCUMENTS = {
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/csv": "csv",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
}
_FORMATS = {"image": _IMAGES, "audio": _SOUNDS, "document": _DOCUMENTS}
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9()\[\]-]+")
_MAX_NAME_CHARS = 180


class DocumentNames:
    """The names of a request's documents: each has its own, of the few characters that Bedrock takes."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, wanted: str) -> str:
        stem = _NOT_IN_NAMES.sub("-", wanted.rpartition(".")[0] or wanted)[:_MAX_NAME_CHARS] or "document"
        name, number = stem, 1
        while name in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name)
        return name


def media_block(media: Media, names: DocumentNames) -> Json:
    """The block; Untranslatable for a format that there is not, and for what lies on the web."""
    known = _FORMATS[media.kind].get(media.media_type)
    if known is None:
        raise Untranslatable(media.field, f"{media.media_type[:60]!r} is no format of its {media.kind}s")
    block: Json = {"format": known, "source": _source(media)}
    if media.kind == "document":
        block["name"] = names.name(media.name)
    return {media.kind: block}


def _source(media: Media) -> Json:
    if not media.url:
        return {"bytes": media.data}
    if not media.url.startswith("s3://"):
        raise Untranslatable(media.field, "it has to come with its bytes, or lie in S3")
    return {"s3Location": {"uri": media.url}}
