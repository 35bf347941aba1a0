"""Addresses of replays: their list, a new one, the page of one and of each of its prompts."""

from __future__ import annotations

from django.urls import path

from dashboard.replays import new, views

urlpatterns = [
    path("replays", views.replay_list, name="replays"),
    path("replays/new", new.new_replay, name="new_replay"),
    path("replays/<uuid:replay_id>", views.replay_page, name="replay"),
    path("replays/<uuid:replay_id>/<int:number>", views.result_page, name="replay_result"),
    path("replays/<uuid:replay_id>/cancel", views.cancel, name="cancel_replay"),
    path("replays/<uuid:replay_id>/delete", views.delete, name="delete_replay"),
]
