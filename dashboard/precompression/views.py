"""Precompression: are texts ready when a prompt wants them in fewer tokens?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.precompression import figures
from token_optimizer.optimizer.compression.llmlingua.compressor import EXTRACTIVE, compressor_name

TEMPLATE = "dashboard/precompression/page.html"


@signed_in
def precompression(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    project_ids = scope.project_ids
    rows = figures.precompressions(project_ids)
    stored = figures.stored(rows)
    name = compressor_name()
    context = {
        "page": "precompression",
        "stored": stored,
        "lookups": figures.lookups(project_ids, scope.window.start),
        "latest": figures.latest(rows),
        "failures": figures.failures(rows) if stored.failed else [],
        "compressor": name,
        "has_model": name != EXTRACTIVE,
    }
    return render_page(request, TEMPLATE, scope, context)
