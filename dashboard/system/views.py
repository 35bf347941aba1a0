"""System: does every part work, and what is to be done where one does not?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard.shell.page import for_staff, render_page
from dashboard.shell.scope import Scope
from optimizer_app.system.report import system_report


@for_staff
def system(request: HttpRequest) -> HttpResponse:
    parts = system_report()
    context = {"page": "system", "parts": parts, "troubles": [part for part in parts if part.problem]}
    return render_page(request, "dashboard/system/page.html", Scope.of_request(request), context)
