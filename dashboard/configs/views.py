"""The list of configs: what is set, who uses it?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard.configs.rows import config_rows
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope


@signed_in
def config_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    rows = config_rows(list(scope.configs().select_related("project")))
    return render_page(request, "dashboard/configs/list.html", scope, {"page": "configs", "rows": rows})
