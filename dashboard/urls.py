"""Page addresses."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard.account import views as account
from dashboard.configs import views as configs
from dashboard.documents import views as documents
from dashboard.overview import views as overview
from dashboard.precompression import views as ahead
from dashboard.request import views as trace
from dashboard.requests import views as requests

app_name = "dashboard"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("overview.csv", overview.overview_csv, name="overview_csv"),
    path("requests", requests.request_list, name="requests"),
    path("requests.csv", requests.requests_csv, name="requests_csv"),
    path("requests/new", requests.new_requests, name="new_requests"),
    path("requests/<uuid:trace_id>", trace.trace_page, name="request"),
    path("requests/<uuid:trace_id>.json", trace.trace_json, name="request_json"),
    path("requests/<uuid:trace_id>/blocks", trace.block_lines, name="request_blocks"),
    path("documents", documents.document_list, name="documents"),
    path("documents/upload", documents.upload, name="upload"),
    path("documents/<uuid:document_id>/delete", documents.delete, name="delete_document"),
    path("documents/<uuid:document_id>/<slug:action>", documents.act, name="document_action"),
    path("configs", configs.config_list, name="configs"),
    path("configs/<uuid:config_id>", configs.config_page, name="config"),
    path("ahead", ahead.ahead, name="ahead"),
    path("login", account.Login.as_view(), name="login"),
    path("logout", LogoutView.as_view(next_page="dashboard:login"), name="logout"),
    path("theme", account.choose_theme, name="theme"),
]
