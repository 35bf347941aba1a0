"""Addresses of the list of events, of one, and of what can be done with events and their receivers."""

from __future__ import annotations

from django.urls import path

from dashboard.events import views

urlpatterns = [
    path("events", views.event_list, name="events"),
    path("events/<uuid:event_id>", views.event_page, name="event"),
    path("events/<uuid:event_id>/resend", views.resend_event, name="resend_event"),
    path("events/receivers/<uuid:destination_id>/test", views.test_receiver, name="test_receiver"),
    path("events/receivers/<uuid:destination_id>/secret", views.rotate, name="rotate_receiver_secret"),
]
