"""The address of the holdout's comparison."""

from __future__ import annotations

from django.urls import path

from dashboard.holdout import views

urlpatterns = [path("holdout", views.holdout, name="holdout")]
