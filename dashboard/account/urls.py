"""Addresses of signing in and out, and of the choice of theme."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from dashboard.account import views

urlpatterns = [
    path("login", views.Login.as_view(), name="login"),
    path("logout", LogoutView.as_view(next_page="dashboard:login"), name="logout"),
    path("theme", views.choose_theme, name="theme"),
]
