"""Addresses of proposals: their list, the page of one, and what is done with it."""

from __future__ import annotations

from django.urls import path

from dashboard.proposals import views

urlpatterns = [
    path("proposals", views.proposal_list, name="proposals"),
    path("proposals/<uuid:proposal_id>", views.proposal_page, name="proposal"),
    path("proposals/<uuid:proposal_id>/accept", views.accept_proposal, name="accept_proposal"),
    path("proposals/<uuid:proposal_id>/dismiss", views.dismiss_proposal, name="dismiss_proposal"),
    path("configs/<uuid:config_id>/look", views.look, name="look_for_proposals"),
]
