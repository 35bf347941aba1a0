"""`POST /v1/ingest`: documents to be found later; `GET /v1/ingest/{job}`: how far they are."""

from __future__ import annotations

import asyncio
import io
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from gateway.auth import Caller
from gateway.call import parsed_object
from gateway.client import Client
from gateway.endpoints.base import JsonAnswer
from gateway.errors import BadRequest, NotFound
from optimizer_app.ingest.accept import NewDocument, RefusedDocument, accept_documents
from optimizer_app.ingest.job import job_status
from optimizer_app.models import Document, IngestJob, Project
from token_optimizer.models import BlockType

if TYPE_CHECKING:
    from gateway.app import Gateway

_TYPES = ", ".join(item.value for item in BlockType)


async def ingest(gateway: Gateway, client: Client, _params: Mapping[str, str]) -> JsonAnswer:
    """Queue documents given as JSON or as files of a form; 202 with the job to follow."""
    # Whoever names a key is asked for it before 64 MB are read; without one it may stand in the body.
    known = await gateway.callers.authenticate(client.headers) if _names_key(client.headers) else None
    # In a thread: taking 64 MB apart would keep the other requests of this worker waiting.
    fields, documents = await asyncio.to_thread(
        _taken_apart, await client.read_body(gateway.max_request_bytes), client.headers
    )
    caller = known or await _caller(gateway, client, fields.get("api_key"))
    accepted = await gateway.from_database(lambda: _accepted(caller, documents))
    return JsonAnswer(orjson.dumps(accepted), 202)


async def show_job(gateway: Gateway, client: Client, params: Mapping[str, str]) -> JsonAnswer:
    """How far each document of a job is."""
    caller = await gateway.callers.authenticate(client.headers)
    found = await gateway.from_database(lambda: _job(caller, params["job"]))
    if found is None:
        # The same words for another project's: that it exists is not for this caller to know.
        raise NotFound(f"no ingest job {params['job'][:60]!r} in this project", param="job")
    return JsonAnswer(orjson.dumps(found))


async def _caller(gateway: Gateway, client: Client, key: object) -> Caller:
    """Whose key the body's `api_key` is."""
    headers = {**client.headers, "x-api-key": key} if isinstance(key, str) and key else client.headers
    return await gateway.callers.authenticate(headers)


def _names_key(headers: Mapping[str, str]) -> bool:
    return "authorization" in headers or "x-api-key" in headers


def _accepted(caller: Caller, documents: list[NewDocument]) -> dict[str, Any]:
    try:
        job = accept_documents(Project(pk=caller.project_id), documents)
    except RefusedDocument as error:
        raise BadRequest(str(error), param="documents") from error
    return _told(job)


def _job(caller: Caller, text: str) -> dict[str, Any] | None:
    try:
        job = IngestJob.objects.filter(project_id=caller.project_id, pk=uuid.UUID(text)).first()
    except ValueError:
        return None
    return None if job is None else _told(job)


def _told(job: IngestJob) -> dict[str, Any]:
    documents = list(job.documents.defer("source").order_by("external_id"))
    status, reason = job_status(documents)
    return {
        "job": str(job.pk),
        "status": status,
        "reason": reason,
        "created_at": job.created_at,
        "documents": [_told_document(document) for document in documents],
    }


def _told_document(document: Document) -> dict[str, Any]:
    return {
        "id": document.external_id,
        "title": document.title,
        "state": document.state,
        "reason": document.reason,
        "chunks": document.chunks,
        "embedded": document.embedded,
        "tokens": document.tokens,
    }


def _taken_apart(raw: bytes, headers: Mapping[str, str]) -> tuple[dict[str, Any], list[NewDocument]]:
    """The fields and documents of a body."""
    is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
    return _form(raw, headers) if is_form else _json(raw)


def _json(raw: bytes) -> tuple[dict[str, Any], list[NewDocument]]:
    body, _ = parsed_object(raw)
    documents = body.get("documents")
    if not isinstance(documents, list):
        raise BadRequest("documents must be a list", param="documents")
    return body, [_document(at, item) for at, item in enumerate(documents)]


def _document(at: int, item: object) -> NewDocument:
    where = f"documents[{at}]"
    if not isinstance(item, dict):
        raise BadRequest(f"{where} must be an object", param="documents")
    texts = {name: _text(item, name, where) for name in ("id", "content", "title", "media_type")}
    if not texts["id"]:
        raise BadRequest(f"{where}.id must be a string that names the document", param="documents")
    metadata = item.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise BadRequest(f"{where}.metadata must be an object", param="documents")
    return NewDocument(
        external_id=texts["id"],
        data=texts["content"].encode("utf-8", "replace"),
        title=texts["title"],
        media_type=texts["media_type"],
        block_type=_type(item.get("type") or BlockType.DOC.value, where),
        metadata=metadata,
    )


def _text(item: Mapping[str, Any], name: str, where: str) -> str:
    value = item.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequest(f"{where}.{name} must be a string", param="documents")
    return value


def _type(value: object, where: str) -> BlockType:
    try:
        return BlockType(str(value))
    except ValueError:
        raise BadRequest(f"{where}.type must be one of {_TYPES}", param="documents") from None


def _form(raw: bytes, headers: Mapping[str, str]) -> tuple[dict[str, Any], list[NewDocument]]:
    """The fields and files of a form. A file's id is its name; `type` and `metadata` hold for all."""
    meta = {"CONTENT_TYPE": headers["content-type"], "CONTENT_LENGTH": str(len(raw))}
    try:
        parser = MultiPartParser(meta, io.BytesIO(raw), [_InMemory()], settings.DEFAULT_CHARSET)
        parsed, files = parser.parse()
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise BadRequest(f"the form cannot be read: {error}") from error
    fields = {name: str(value) for name, value in parsed.items()}
    metadata = parsed_object(fields["metadata"].encode())[0] if fields.get("metadata") else {}
    kind = _type(fields.get("type") or BlockType.DOC.value, "the form")
    return fields, list(_files(files, kind, metadata))


class _InMemory(MemoryFileUploadHandler):
    """Files of any size: the whole request is in memory already."""

    def handle_raw_input(self, *_args: Any, **_kwargs: Any) -> None:
        self.activated = True


def _files(files: Any, kind: BlockType, metadata: Mapping[str, Any]) -> Iterator[NewDocument]:
    for _, uploaded in files.lists():
        for file in uploaded:
            yield NewDocument(
                file.name, file.read(), media_type=file.content_type or "", block_type=kind, metadata=metadata
            )
