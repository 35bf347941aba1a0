"""URLs of the pages. The gateway's paths never come here: `config/asgi.py` takes them first."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("optimizer_app.api.urls")),
    path("", include("dashboard.urls")),
]
