"""The audit log: who changed what, and who signed in or failed to?"""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse

from dashboard.audit.rows import AuditFilter, AuditRow, entries_of, page_of, rows_of
from dashboard.shell.csv_file import csv_response
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.shell.select import Select, options_of
from optimizer_app.models import AuditEntry

MAX_CSV_ROWS = 10_000
_COLUMNS = ("at", "who", "what", "changes", "project", "address", "via", "object_id")


@signed_in
def audit_page(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    asked = AuditFilter.of(request.GET)
    entries = entries_of(scope, asked)
    kinds = entries_of(scope, AuditFilter()).exclude(kind="").order_by("kind").values_list("kind", flat=True)
    context = {
        "page": "audit",
        "asked": asked,
        "list": page_of(scope, entries, request.GET.get("after", "")),
        "selects": [
            Select("action", "Action", "All actions", tuple(AuditEntry.Action.choices), asked.action),
            Select("kind", "Kind", "All kinds", options_of(kinds.distinct()), asked.kind),
        ],
    }
    return render_page(request, "dashboard/audit/page.html", scope, context)


@signed_in
def audit_csv(request: HttpRequest) -> HttpResponse:
    """The listed entries, at most the newest 10,000."""
    scope = Scope.of_request(request)
    entries = entries_of(scope, AuditFilter.of(request.GET))
    rows = rows_of(scope, list(entries[:MAX_CSV_ROWS]))
    return csv_response("audit.csv", _COLUMNS, map(_cells, rows))


def _cells(row: AuditRow) -> Sequence[object]:
    entry = row.entry
    who, where = (entry.at, entry.actor_name), (entry.address, entry.via, entry.object_id)
    return (*who, row.what, row.changes, row.project, *where)
