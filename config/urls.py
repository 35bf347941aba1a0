"""URLs of the pages. The gateway's paths never come here: `config/asgi.py` takes them first."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

# Known once static files are collected.
_ICON = lazy(static, str)("icon.svg")

urlpatterns = [
    # Browsers ask for it of pages that came as the answer to a form, and of those without an icon.
    path("favicon.ico", RedirectView.as_view(url=_ICON)),
    # One way in, with its pauses and its second factor.
    path("admin/login/", RedirectView.as_view(pattern_name="dashboard:login", query_string=True)),
    path("admin/", admin.site.urls),
    path("api/", include("optimizer_app.api.urls")),
    path("", include("dashboard.urls")),
]
