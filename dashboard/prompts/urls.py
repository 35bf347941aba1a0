"""Addresses of prompt templates: the list, a new one, the editor of one, its versions."""

from __future__ import annotations

from django.urls import path

from dashboard.prompts import editor, versions, views

urlpatterns = [
    path("prompts", views.prompt_list, name="prompts"),
    path("prompts/new", views.new_prompt, name="new_prompt"),
    path("prompts/<uuid:template_id>", editor.prompt, name="prompt"),
    path("prompts/<uuid:template_id>/draft", editor.save, name="prompt_draft"),
    path("prompts/<uuid:template_id>/discard", editor.discard, name="discard_prompt_draft"),
    path("prompts/<uuid:template_id>/rebase", editor.rebase, name="rebase_prompt_draft"),
    path("prompts/<uuid:template_id>/publish", versions.publish_page, name="publish_prompt"),
    path("prompts/<uuid:template_id>/versions/<int:number>", versions.version_page, name="prompt_version"),
    path("prompts/<uuid:template_id>/delete", views.delete, name="delete_prompt"),
]
