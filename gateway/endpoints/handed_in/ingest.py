"""`POST /v1/ingest`: documents to be found later; `GET /v1/ingest/{job}`: how far they are."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import orjson
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from pydantic import BeforeValidator, InstanceOf, PlainValidator
from pydantic_core import PydanticCustomError

from gateway.callers.auth import Caller
from gateway.endpoints.base import JsonAnswer, known_caller
from gateway.endpoints.handed_in.key_in_body import read_from_caller
from gateway.errors import BadRequest, NotFound
from gateway.requests.bodies.body import Body, Name, checked, parsed_object
from gateway.requests.client import Client
from gateway.state import Gateway
from optimizer_app.ingest.accept import NewDocument, RefusedDocument, accept_documents
from optimizer_app.ingest.job import job_status
from optimizer_app.models import Document, IngestJob, Project
from optimizer_app.models.keys.api_key import KeyScope
from token_optimizer.models import BlockType

_TYPES = ", ".join(item.value for item in BlockType)


def _block_type(value: object) -> BlockType:
    try:
        return BlockType(str(value or BlockType.DOC.value))
    except ValueError:
        raise PydanticCustomError("block_type", f"one of {_TYPES}") from None


Type = Annotated[BlockType, PlainValidator(_block_type)]
Object = Annotated[dict, BeforeValidator(lambda value: value or {})]


class DocumentFields(Body):
    """One document. Its content may hold lone surrogates, which are replaced."""

    id: Name
    content: InstanceOf[str] | None = None
    title: str | None = None
    media_type: str | None = None
    type: Type = BlockType.DOC
    metadata: Object = {}

    def as_new_document(self) -> NewDocument:
        return NewDocument(
            external_id=self.id,
            data=(self.content or "").encode("utf-8", "replace"),
            title=self.title or "",
            media_type=self.media_type or "",
            block_type=self.type,
            metadata=self.metadata,
        )


class IngestBody(Body):
    documents: list[DocumentFields]
    api_key: Any = None


class FormFields(Body):
    type: Type = BlockType.DOC


async def ingest(gateway: Gateway, client: Client, _params: Mapping[str, str]) -> JsonAnswer:
    """Queue documents given as JSON or as files of a form; 202 with the job to follow."""
    caller, documents = await read_from_caller(gateway, client, _key_and_documents, _may_ingest)
    accepted = await gateway.from_database(lambda: _accept(caller, documents))
    return JsonAnswer(orjson.dumps(accepted), 202)


async def show_job(gateway: Gateway, client: Client, params: Mapping[str, str]) -> JsonAnswer:
    """How far each document of a job is."""
    caller = await known_caller(gateway, client)
    _may_ingest(caller)
    found = await gateway.from_database(lambda: _found_job(caller, params["job"]))
    if found is None:
        # The same words for another project's: that it exists is not for this caller to know.
        raise NotFound(f"no ingest job {params['job'][:60]!r} in this project", param="job")
    return JsonAnswer(orjson.dumps(found))


def _may_ingest(caller: Caller) -> None:
    caller.check_scope(KeyScope.INGEST)


def _accept(caller: Caller, documents: list[NewDocument]) -> dict[str, Any]:
    try:
        job = accept_documents(Project(pk=caller.project_id), documents)
    except RefusedDocument as error:
        raise BadRequest(str(error), param="documents") from error
    return _job_report(job)


def _found_job(caller: Caller, text: str) -> dict[str, Any] | None:
    try:
        job = IngestJob.objects.filter(project_id=caller.project_id, pk=uuid.UUID(text)).first()
    except ValueError:
        return None
    return None if job is None else _job_report(job)


def _job_report(job: IngestJob) -> dict[str, Any]:
    documents = list(job.documents.defer("source").order_by("external_id"))
    status, reason = job_status(documents)
    return {
        "job": str(job.pk),
        "status": status,
        "reason": reason,
        "created_at": job.created_at,
        "documents": [_document_report(document) for document in documents],
    }


def _document_report(document: Document) -> dict[str, Any]:
    return {
        "id": document.external_id,
        "title": document.title,
        "state": document.state,
        "reason": document.reason,
        "chunks": document.chunks,
        "embedded": document.embedded,
        "tokens": document.tokens,
    }


def _key_and_documents(raw: bytes, headers: Mapping[str, str]) -> tuple[object, list[NewDocument]]:
    """The key in a body, where it has one, and the documents."""
    is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
    return _form(raw, headers) if is_form else _json(raw)


def _json(raw: bytes) -> tuple[object, list[NewDocument]]:
    body = checked(IngestBody, parsed_object(raw)[0])
    return body.api_key, [item.as_new_document() for item in body.documents]


def _form(raw: bytes, headers: Mapping[str, str]) -> tuple[object, list[NewDocument]]:
    """The key and the files of a form. A file's id is its name; `type` and `metadata` hold for all."""
    meta = {"CONTENT_TYPE": headers["content-type"], "CONTENT_LENGTH": str(len(raw))}
    try:
        parser = MultiPartParser(meta, io.BytesIO(raw), [_InMemory()], settings.DEFAULT_CHARSET)
        parsed, files = parser.parse()
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise BadRequest(f"the form cannot be read: {error}") from error
    fields = {name: str(value) for name, value in parsed.items()}
    metadata = parsed_object(fields["metadata"].encode())[0] if fields.get("metadata") else {}
    kind = checked(FormFields, fields).type
    return fields.get("api_key"), list(_files(files, kind, metadata))


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
