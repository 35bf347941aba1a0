"""Addresses of the list of prices and of the price of one model."""

from __future__ import annotations

from django.urls import path

from dashboard.prices import views

urlpatterns = [
    path("prices", views.price_page, name="prices"),
    path("prices/model", views.price_of_model, name="price"),
    path("prices/rules", views.rules_of_model, name="price_rules"),
    path("prices/remove", views.remove, name="remove_price"),
]
