"""The texts of a request, or why there are none."""

from __future__ import annotations

import uuid

import structlog
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils import timezone
from django.utils.formats import date_format

from optimizer_app.captures.texts import CapturedTexts
from optimizer_app.models import Capture, Project, RequestTrace, Role
from optimizer_app.security.encryption import UndecryptableSecret, unseal

log = structlog.get_logger(__name__)


class NotKept(LookupError):
    """There are no texts; the message is a clause that says why: "not kept by config balanced v3"."""


def capture_of(trace: RequestTrace) -> Capture:
    """The capture, whose texts may be read; NotKept where there is none."""
    if trace.text_until is None:
        raise NotKept(f"not kept by config{_named(trace)}")
    if trace.text_until <= timezone.now():
        raise NotKept(f"expired {_day(trace.text_until)}")
    found = Capture.objects.without_texts().select_related("deleted_by").filter(pk=trace.pk).first()
    if found is None:
        raise NotKept("not stored yet, or the server stopped before it could be")
    if not found.size_bytes:
        raise NotKept(_why_empty(found))
    return found


def texts_of(capture: Capture) -> CapturedTexts:
    """What was kept; NotKept where it cannot be read any more."""
    try:
        return CapturedTexts.from_bytes(unseal(capture.sealed))
    except UndecryptableSecret:
        raise NotKept("encrypted under another OPTIMIZER_ENCRYPTION_KEY") from None


def may_read(reader: AbstractBaseUser | AnonymousUser, project_id: uuid.UUID) -> bool:
    """Whether the reader may see what the project's requests said: viewers see what they came to."""
    return Project.objects.open_to(reader, Role.EDITOR).filter(pk=project_id).exists()


def check_may_read(reader: AbstractBaseUser | AnonymousUser, project_id: uuid.UUID) -> None:
    """NotKept for a viewer."""
    if not may_read(reader, project_id):
        raise NotKept("for editors and owners: your role may not read it")


def texts_for(reader: AbstractBaseUser | AnonymousUser, capture: Capture) -> CapturedTexts:
    """`texts_of`, for somebody who looks at them: NotKept for a viewer, and the log says who did."""
    check_may_read(reader, capture.project_id)
    texts = texts_of(capture)
    log.info("capture_read", trace_id=str(capture.pk), by=reader.get_username())
    return texts


def _named(trace: RequestTrace) -> str:
    version = f" v{trace.config_version}" if trace.config_version else ""
    return f" {trace.config_name}{version}" if trace.config_name else ""


def _why_empty(capture: Capture) -> str:
    if capture.deleted_at is None:
        return f"not captured: {capture.reason}"
    who = f" by {capture.deleted_by.get_username()}" if capture.deleted_by else ""
    return f"deleted {_day(capture.deleted_at)}{who}"


def _day(moment: object) -> str:
    return date_format(timezone.localtime(moment), "j M Y")  # type: ignore[arg-type]
