"""What was compressed ahead of need: is it there when it is wanted?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard.page import render_page, signed_in
from dashboard.precompression import figures as compressions
from dashboard.scope import Scope
from token_optimizer.optimizer.compression.drafts import EXTRACTIVE, compressor_name

TEMPLATE = "dashboard/ahead.html"


@signed_in
def ahead(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    rows = compressions.compressions(scope)
    kept = compressions.kept(rows)
    name = compressor_name()
    context = {
        "page": "ahead",
        "kept": kept,
        "looked": compressions.looked(scope),
        "latest": compressions.latest(rows),
        "failures": compressions.failures(rows) if kept.failed else [],
        "compressor": name,
        "has_model": name != EXTRACTIVE,
    }
    return render_page(request, TEMPLATE, scope, context)
