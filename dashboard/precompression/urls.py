"""Address of the precompression page, and the one that it had before."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from dashboard.precompression import views

urlpatterns = [
    path("precompression", views.precompression, name="precompression"),
    path("ahead", RedirectView.as_view(pattern_name="dashboard:precompression", query_string=True)),
]
