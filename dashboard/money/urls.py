"""The addresses of money over many requests."""

from __future__ import annotations

from django.urls import path

from dashboard.money import views

urlpatterns = [
    path("money", views.money, name="money"),
    path("money.csv", views.money_csv, name="money_csv"),
    path("money/focus.csv", views.focus_csv, name="money_focus"),
]
