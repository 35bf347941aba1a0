"""Files that a form uploads. Each is queued or refused by itself: one refusal does not stop the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from optimizer_app.ingest.accept import MAX_BYTES, NewDocument, RefusedDocument, accept_documents
from optimizer_app.models import Document, Project
from token_optimizer.models import BlockType

TOO_LARGE = f"larger than {MAX_BYTES // 1024**2} MB"


class SizeLimit(FileUploadHandler):
    """Stops keeping a file once it is too large, and notes its name. Stands before Django's own handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.too_large: list[str] = []

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if start + len(raw_data) > MAX_BYTES:
            self.too_large.append(str(self.file_name))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """None, so that the handlers after this one make the file."""
        return None


@dataclass(slots=True)
class Uploaded:
    """The outcome of one form: the queued documents, and the name and reason of each refused file."""

    documents: list[Document] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def queue_files(
    project: Project, files: Iterable[UploadedFile], kind: BlockType, metadata: Mapping[str, Any]
) -> Uploaded:
    """Queue each file as a document that is known by the file's name."""
    uploaded = Uploaded()
    seen: set[str] = set()
    for file in files:
        name = str(file.name)
        if name in seen:
            uploaded.refused.append((name, "another file of this name came before it"))
            continue
        seen.add(name)
        # The media type that the browser names is not used: content and name tell it better.
        new = NewDocument(name, file.read(), block_type=kind, metadata=metadata)
        try:
            uploaded.documents.append(accept_documents(project, [new]).documents.defer("source").get())
        except RefusedDocument as error:
            uploaded.refused.append((name, _without_name(error, name)))
    return uploaded


def as_json(uploaded: Uploaded) -> Iterator[dict[str, str]]:
    """Each file with its state, or the reason why it was refused, for the script of the page."""
    for document in uploaded.documents:
        yield {"name": document.external_id, "id": str(document.pk), "state": document.state}
    for name, reason in uploaded.refused:
        yield {"name": name, "reason": reason}


def _without_name(error: RefusedDocument, name: str) -> str:
    """The reason alone: where it is shown, the name stands beside it."""
    return str(error).removeprefix(f"document {name[:60]!r} ")
