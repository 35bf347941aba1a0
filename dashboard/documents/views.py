"""The documents: what can be found, how far is it, what would a question find?"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadhandler import load_handler
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from dashboard.documents.forms import TYPE_CHOICES, TYPES, DocumentFilter, SearchForm, UploadForm
from dashboard.documents.rows import page_of, summary
from dashboard.documents.search import answer
from dashboard.documents.uploads import TOO_LARGE, SizeLimit, Uploaded, as_json, queue_files
from dashboard.documents.use import SWITCH, document_use
from dashboard.shell.page import is_live_refresh, render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.shell.select import Select
from optimizer_app.ingest import control
from optimizer_app.ingest.accept import MAX_BYTES
from optimizer_app.models import Document, Project
from token_optimizer.models import BlockType

TEMPLATE = "dashboard/documents/page.html"
MAX_NAMED_FILES = 20
ACTIONS = {
    "cancel": control.cancel_document,
    "retry": control.retry_document,
    "embed": control.embed_again,
}


@signed_in
def document_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    form = DocumentFilter(request.GET)
    found = form.applied_to(scope.documents())
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    context: dict[str, Any] = {
        "page": "documents",
        "form": form,
        "summary": summary(scope.documents()),
        "list": page_of(found, after=after, before=before),
        "target": scope.only_project,
        "use": document_use(scope),
        "switch": SWITCH,
        "types": TYPES,
        "type_select": Select("type", "Type", "Any type", TYPE_CHOICES, request.GET.get("type", "")),
        "max_bytes": MAX_BYTES,
        "too_large": TOO_LARGE,
    }
    if not is_live_refresh(request):
        context |= _search(request, scope)
    return render_page(request, TEMPLATE, scope, context)


@csrf_exempt
@signed_in
def upload(request: HttpRequest) -> HttpResponse:
    """The files of a form. The limit of their size has to be there before the form is read."""
    limit = SizeLimit()
    request.upload_handlers = [
        limit,
        *(load_handler(name, request) for name in settings.FILE_UPLOAD_HANDLERS),
    ]
    return _upload(request, limit)


@csrf_protect
@require_POST
def _upload(request: HttpRequest, limit: SizeLimit) -> HttpResponse:
    project = _named_project(request, request.POST.get("project", ""))
    form = UploadForm(request.POST)
    if form.is_valid():
        kind, metadata = BlockType(form.cleaned_data["type"]), form.cleaned_data["metadata"]
        uploaded = queue_files(project, request.FILES.getlist("files"), kind, metadata)
    else:
        reason = " ".join(str(error) for errors in form.errors.values() for error in errors)
        uploaded = Uploaded(refused=[(str(file.name), reason) for file in request.FILES.getlist("files")])
    uploaded.refused += [(name, TOO_LARGE) for name in limit.too_large]
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"files": list(as_json(uploaded))}, status=202 if uploaded.documents else 400)
    _add_messages(request, uploaded)
    return redirect(_list_url(request))


@signed_in
@require_POST
def act(request: HttpRequest, document_id: uuid.UUID, action: str) -> HttpResponse:
    """Do it, and show the list anew."""
    document = _document(request, document_id)
    if action not in ACTIONS:
        raise Http404(f"no action {action[:20]!r}")
    if not ACTIONS[action](document) and not is_live_refresh(request):
        messages.warning(request, f"{document}: this is not possible any more, it is {document.state}.")
    return _list_again(request)


@signed_in
def delete(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """Asks on GET, as a page or for the dialog; deletes on POST."""
    document = _document(request, document_id)
    if request.method == "POST":
        control.remove_document(document)
        if not is_live_refresh(request):
            messages.success(request, f"{document} was deleted.")
        return _list_again(request)
    context = {"page": "documents", "document": document, "back": _list_url(request)}
    return render_page(request, "dashboard/documents/delete.html", Scope.of_request(request), context)


def _search(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """The search form, and what it finds where a question was asked."""
    if not request.GET.get("q", "").strip():
        return {"search": SearchForm()}
    search = SearchForm(request.GET)
    project = scope.only_project
    if project is None or not search.is_valid():
        return {"search": search, "needs_project": project is None}
    return {"search": search, "answer": answer(project, search.cleaned_data)}


def _document(request: HttpRequest, document_id: uuid.UUID) -> Document:
    """404 where it is another project's, as for one that never was."""
    visible = Document.objects.visible_to(request.user).without_source().select_related("project")
    return get_object_or_404(visible, pk=document_id)


def _named_project(request: HttpRequest, name: str) -> Project:
    return get_object_or_404(Project.objects.visible_to(request.user), name=name)


def _list_again(request: HttpRequest) -> HttpResponse:
    """The list as it is now: in place for the live page, whose rows say what became of them."""
    return document_list(request) if is_live_refresh(request) else redirect(_list_url(request))


def _list_url(request: HttpRequest) -> str:
    """The list as it was: the action's own URL carries its filters."""
    query = request.GET.urlencode()
    return reverse("dashboard:documents") + (f"?{query}" if query else "")


def _add_messages(request: HttpRequest, uploaded: Uploaded) -> None:
    """What became of the files, for a reader without scripts."""
    count = len(uploaded.documents)
    if count:
        messages.success(request, f"{count} file{'s were' if count > 1 else ' was'} taken in.")
    if not count and not uploaded.refused:
        messages.error(request, "No file was chosen.")
    for name, reason in uploaded.refused[:MAX_NAMED_FILES]:
        messages.error(request, f"{name}: {reason}")
    if len(uploaded.refused) > MAX_NAMED_FILES:
        messages.error(request, f"{len(uploaded.refused) - MAX_NAMED_FILES} more files were refused.")
