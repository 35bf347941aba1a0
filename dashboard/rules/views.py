"""Rules: what each of them cut, and was it wanted again?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from dashboard.rules.figures import MAX_REQUESTS, Rule, rules_of
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope

_SORTS: dict[str, Callable[[Rule], Any]] = {
    "rule": lambda rule: rule.name,
    "-requests": lambda rule: -rule.requests,
    "-cut": lambda rule: -rule.cut,
}


@signed_in
def rule_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    traces = scope.traces()
    rules, sort = rules_of(traces), request.GET.get("sort", "")
    if sort in _SORTS:
        rules.sort(key=_SORTS[sort])
    context = {
        "page": "rules",
        "rules": rules,
        "sort": sort,
        "max_requests": MAX_REQUESTS,
        "is_bounded": traces.order_by("-id")[: MAX_REQUESTS + 1].count() > MAX_REQUESTS,
    }
    return render_page(request, "dashboard/rules/list.html", scope, context)
