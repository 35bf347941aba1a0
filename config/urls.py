"""URLs of the pages. The gateway's paths never come here: `config/asgi.py` takes them first."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    # One way in, with its pauses and its second factor.
    path("admin/login/", RedirectView.as_view(pattern_name="dashboard:login", query_string=True)),
    path("admin/", admin.site.urls),
    path("api/", include("optimizer_app.api.urls")),
    path("", include("dashboard.urls")),
]
