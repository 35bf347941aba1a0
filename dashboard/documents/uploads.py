"""Files that a form brings. Each is taken in or refused by itself: one that is refused takes none along."""

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
    """Goes before Django's own handlers: stops keeping a file once it is too large, and notes its name."""

    def __init__(self) -> None:
        super().__init__()
        self.too_large: list[str] = []

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if start + len(raw_data) > MAX_BYTES:
            self.too_large.append(str(self.file_name))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """The handlers after this one make the file."""
        return None


@dataclass(slots=True)
class Taken:
    """What became of the files of one form: the documents, and the name and reason of each refused file."""

    documents: list[Document] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def take_in(
    project: Project, files: Iterable[UploadedFile], kind: BlockType, metadata: Mapping[str, Any]
) -> Taken:
    """Queue each file as a document that is known by the file's name."""
    taken = Taken()
    seen: set[str] = set()
    for file in files:
        name = str(file.name)
        if name in seen:
            taken.refused.append((name, "another file of this name came before it"))
            continue
        seen.add(name)
        # What a file is, its content and name tell better than the browser that sent it.
        new = NewDocument(name, file.read(), block_type=kind, metadata=metadata)
        try:
            taken.documents.append(accept_documents(project, [new]).documents.defer("source").get())
        except RefusedDocument as error:
            taken.refused.append((name, _without_name(error, name)))
    return taken


def told(taken: Taken) -> Iterator[dict[str, str]]:
    """Each file for the script of the page, which shows the name itself."""
    for document in taken.documents:
        yield {"name": document.external_id, "id": str(document.pk), "state": document.state}
    for name, reason in taken.refused:
        yield {"name": name, "reason": reason}


def _without_name(error: RefusedDocument, name: str) -> str:
    """The reason alone: where it is shown, the name stands beside it."""
    return str(error).removeprefix(f"document {name[:60]!r} ")
