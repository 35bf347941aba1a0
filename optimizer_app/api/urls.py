"""The addresses below /api/."""

from __future__ import annotations

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from optimizer_app.api.collections.access.audit import AuditView
from optimizer_app.api.collections.access.keys import KeysView
from optimizer_app.api.collections.access.members import InvitationsView, MembersView
from optimizer_app.api.collections.access.sessions import SessionsView
from optimizer_app.api.collections.access.tokens import TokensView
from optimizer_app.api.collections.configs.configs import ConfigsView
from optimizer_app.api.collections.configs.regression_cases import RegressionCasesView
from optimizer_app.api.collections.configs.tuning import TuningProposalsView
from optimizer_app.api.collections.documents import DocumentsView
from optimizer_app.api.collections.playground import PlaygroundView
from optimizer_app.api.collections.projects import ProjectsView
from optimizer_app.api.collections.prompts.prompts import PromptsView
from optimizer_app.api.collections.providers.model_rules import ModelRulesView
from optimizer_app.api.collections.providers.prices import PricesView, PriceView
from optimizer_app.api.collections.providers.providers import ProvidersView
from optimizer_app.api.collections.providers.routes import RoutesView
from optimizer_app.api.collections.requests.captures import CapturesView
from optimizer_app.api.collections.requests.events import EventDestinationsView, EventsView
from optimizer_app.api.collections.requests.examples import ExamplesView
from optimizer_app.api.collections.requests.replays import ReplaysView
from optimizer_app.api.collections.requests.traces import TracesView
from optimizer_app.api.collections.requests.views import SavedViewsView
from optimizer_app.api.collections.system import SystemView
from optimizer_app.api.documentation import SchemaView, UnknownView, page
from optimizer_app.api.figures.blocks import BlocksView, CutBlocksView
from optimizer_app.api.figures.holdout import HoldoutView
from optimizer_app.api.figures.money import DriftView, FocusView, MoneyView, RulesMoneyView
from optimizer_app.api.figures.overview import OverviewView
from optimizer_app.api.figures.precompression import PrecompressionView

app_name = "api"

_router = SimpleRouter()
for _name, _view in (
    ("projects", ProjectsView),
    ("members", MembersView),
    ("invitations", InvitationsView),
    ("audit", AuditView),
    ("keys", KeysView),
    ("configs", ConfigsView),
    ("prompts", PromptsView),
    ("providers", ProvidersView),
    ("routes", RoutesView),
    ("documents", DocumentsView),
    ("traces", TracesView),
    ("events", EventsView),
    ("event-destinations", EventDestinationsView),
    ("examples", ExamplesView),
    ("regression-cases", RegressionCasesView),
    ("captures", CapturesView),
    ("replays", ReplaysView),
    ("tuning-proposals", TuningProposalsView),
    ("tokens", TokensView),
    ("sessions", SessionsView),
    ("views", SavedViewsView),
    ("playground", PlaygroundView),
):
    _router.register(_name, _view, basename=_name)

urlpatterns = [
    path("", page, name="page"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("prices/", PricesView.as_view(), name="prices"),
    path("prices/<path:model>/", PriceView.as_view(), name="price"),
    path("model-rules/<path:model>/", ModelRulesView.as_view(), name="model_rules"),
    path("overview/", OverviewView.as_view(), name="overview"),
    path("holdout/", HoldoutView.as_view(), name="holdout"),
    path("blocks/", BlocksView.as_view(), name="blocks"),
    path("blocks/cut/", CutBlocksView.as_view(), name="cut_blocks"),
    path("money/", MoneyView.as_view(), name="money"),
    path("money/rules/", RulesMoneyView.as_view(), name="money_rules"),
    path("money/drift/", DriftView.as_view(), name="money_drift"),
    path("money/focus/", FocusView.as_view(), name="money_focus"),
    path("precompression/", PrecompressionView.as_view(), name="precompression"),
    path("system/", SystemView.as_view(), name="system"),
    path("", include(_router.urls)),
    re_path("", UnknownView.as_view()),
]
