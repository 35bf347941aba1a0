"""The addresses of the blocks over many requests."""

from __future__ import annotations

from django.urls import path

from dashboard.blocks import views

urlpatterns = [
    path("blocks", views.block_list, name="blocks"),
    path("blocks/cut", views.cut_list, name="cut_blocks"),
]
