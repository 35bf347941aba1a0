"""Documents of a project: their files, and how far each is read, cut into chunks and embedded."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection, models
from django.db.models.signals import post_delete
from django.dispatch import receiver

from optimizer_app.background.leases import is_free
from optimizer_app.models.projects.project import Project
from token_optimizer.models import BlockType
from token_optimizer.storage.blocks import delete_document


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> DocumentQuerySet:
        """Documents of the projects that the user may see."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def unfinished(self) -> DocumentQuerySet:
        """Documents with work left to do."""
        return self.filter(state__in=Document.UNFINISHED)

    def due(self, now: datetime) -> DocumentQuerySet:
        """Unfinished documents that no worker holds at the moment."""
        return self.unfinished().filter(is_free(now))

    def without_source(self) -> DocumentQuerySet:
        """For lists: leaves the files in the database."""
        return self.defer("source")


class Document(models.Model):
    """One document of a project, known to its client by `external_id`. Its chunks are stored blocks.

    `source` is the file as it came, kept until it was read. `content_hash` is that of the newest version,
    `stored_hash` that of the version whose chunks are stored. `left_out` names what the reader did not store
    of that version, by kind and count. `embedded_by` is the model of its vectors.
    A worker holds the row until `leased_until`; a time in the past means that the worker died.

    The states follow one another: queued, reading, chunking, embedding, done. Where a worker died before the
    chunks were stored, the next one reads the file again.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        READING = "reading", "Reading"
        CHUNKING = "chunking", "Cutting into chunks"
        EMBEDDING = "embedding", "Embedding"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    # Until the chunks of the newest version are stored, those of the version before it are in use.
    BEFORE_STORED = (State.QUEUED, State.READING, State.CHUNKING)
    UNFINISHED = (*BEFORE_STORED, State.EMBEDDING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="documents")
    external_id = models.CharField(max_length=300)
    title = models.CharField(max_length=300, blank=True)
    media_type = models.CharField(max_length=120, blank=True)
    block_type = models.CharField(max_length=20, default=BlockType.DOC.value)
    metadata: models.JSONField[dict[str, Any]] = models.JSONField(default=dict, blank=True)
    size_bytes = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    stored_hash = models.CharField(max_length=64, blank=True)
    source = models.BinaryField(null=True, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=300, blank=True)
    chunks = models.PositiveIntegerField(default=0)
    embedded = models.PositiveIntegerField(default=0)
    tokens = models.PositiveIntegerField(default=0)
    left_out: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list, blank=True)
    embedded_by = models.CharField(max_length=200, blank=True)
    leased_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "external_id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "external_id"], name="document_once_a_project"),
        ]
        indexes = [
            models.Index(fields=["project", "-created_at", "-id"], name="document_list"),
            models.Index(
                fields=["created_at"],
                condition=models.Q(state__in=("queued", "reading", "chunking", "embedding")),
                name="document_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.external_id

    @property
    def is_finished(self) -> bool:
        """Whether no work is left to do."""
        return self.state not in self.UNFINISHED


class IngestJob(models.Model):
    """The documents of one request, which its client follows by this id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="ingest_jobs")
    documents = models.ManyToManyField(Document, related_name="jobs")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"ingest job {self.id}"


class IngestUse(models.Model):
    """What reading and embedding a project's documents took of workers in the hour that began at `hour`.

    `served_at` is when a worker last began with one of them: projects take turns by it.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="+")
    served_at = models.DateTimeField()
    hour = models.DateTimeField()
    seconds = models.FloatField(default=0.0)
    embedded = models.PositiveIntegerField(default=0)
    embedding_seconds = models.FloatField(default=0.0)

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s for {self.project_id}"


@receiver(post_delete, sender=Document)
def delete_chunks(instance: Document, **_kwargs: Any) -> None:
    """A document's chunks go with it, and so with its project."""
    with connection.cursor() as cursor:
        delete_document(cursor, str(instance.project_id), instance.pk)
