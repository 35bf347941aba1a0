"""Addresses of configs: the list, a new one, the editor of one, its versions."""

from __future__ import annotations

from django.urls import path

from dashboard.configs import actions, editor, new, views
from dashboard.configs.releases import cases, keep, publishing, shares
from dashboard.configs.trial.views import try_config

urlpatterns = [
    path("configs", views.config_list, name="configs"),
    path("configs/new", new.new_config, name="new_config"),
    path("configs/<uuid:config_id>", editor.config_page, name="config"),
    path("configs/<uuid:config_id>/draft", editor.save, name="config_draft"),
    path("configs/<uuid:config_id>/discard", editor.discard, name="discard_draft"),
    path("configs/<uuid:config_id>/rebase", editor.rebase, name="rebase_draft"),
    path("configs/<uuid:config_id>/patterns", editor.try_patterns, name="try_patterns"),
    path("configs/<uuid:config_id>/try", try_config, name="try_config"),
    path("configs/<uuid:config_id>/publish", publishing.publish_page, name="publish_config"),
    path("configs/<uuid:config_id>/share/publish", shares.publish_to_all, name="publish_share"),
    path("configs/<uuid:config_id>/share/roll-back", shares.roll_back, name="roll_back_share"),
    path("configs/<uuid:config_id>/cases/run", cases.run, name="run_cases"),
    path("requests/<uuid:trace_id>/blocks/<int:number>/keep", keep.keep_block, name="keep_block"),
    path("configs/cases/new", cases.new_case, name="new_case"),
    path("configs/cases/<uuid:case_id>/delete", cases.delete, name="delete_case"),
    path("configs/<uuid:config_id>/versions/<int:number>", publishing.version_page, name="config_version"),
    path("configs/<uuid:config_id>/export", actions.export, name="export_config"),
    path("configs/<uuid:config_id>/import", actions.import_file, name="import_config"),
    path("configs/<uuid:config_id>/default", actions.use_as_default, name="default_config"),
    path("configs/<uuid:config_id>/delete", actions.delete, name="delete_config"),
]
