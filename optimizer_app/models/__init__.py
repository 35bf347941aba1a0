"""The stored state."""

from optimizer_app.models.access.audit import AuditEntry
from optimizer_app.models.access.membership import Invitation, Membership
from optimizer_app.models.access.sign_in import Identity, RecoveryCode, SecondFactor, UserSession
from optimizer_app.models.configs.config import OptimizationConfig
from optimizer_app.models.configs.config_history import ConfigDraft, ConfigShare, ConfigVersion
from optimizer_app.models.configs.regression_case import RegressionCase, RegressionResult
from optimizer_app.models.configs.tuning import TuningProposal
from optimizer_app.models.document import Document, IngestJob, IngestUse
from optimizer_app.models.kept.capture import Capture
from optimizer_app.models.kept.replay import Replay, ReplayResult
from optimizer_app.models.keys.api_key import ApiKey
from optimizer_app.models.keys.api_token import ApiToken
from optimizer_app.models.precompression import Precompression, PrecompressionHour
from optimizer_app.models.projects.project import Project
from optimizer_app.models.projects.roles import Role
from optimizer_app.models.prompts.playground_example import PlaygroundExample
from optimizer_app.models.prompts.prompt_template import PromptDraft, PromptTemplate, PromptVersion
from optimizer_app.models.providers.model_rules import ModelRules
from optimizer_app.models.providers.price_override import PriceOverride
from optimizer_app.models.providers.provider import Provider
from optimizer_app.models.providers.route import Route, RouteTarget
from optimizer_app.models.providers.token_drift import TokenDrift
from optimizer_app.models.traces.copying import ErasedProject, TraceCopying, UncopiedTraces
from optimizer_app.models.traces.event import Event, EventDelivery, EventDestination
from optimizer_app.models.traces.feedback import TraceFeedback
from optimizer_app.models.traces.metric_series import MetricSeries
from optimizer_app.models.traces.rollup import (
    CutRollup,
    RollupMark,
    RollupState,
    SpanRollup,
    SpendRollup,
    TagRollup,
    TraceRollup,
)
from optimizer_app.models.traces.saved_view import SavedView
from optimizer_app.models.traces.seen_prompt import SeenPrompt
from optimizer_app.models.traces.trace import RequestTrace

__all__ = [
    "ApiKey",
    "ApiToken",
    "AuditEntry",
    "Capture",
    "ConfigDraft",
    "ConfigShare",
    "ConfigVersion",
    "CutRollup",
    "Document",
    "ErasedProject",
    "Event",
    "EventDelivery",
    "EventDestination",
    "Identity",
    "IngestJob",
    "IngestUse",
    "Invitation",
    "Membership",
    "MetricSeries",
    "ModelRules",
    "OptimizationConfig",
    "PlaygroundExample",
    "Precompression",
    "PrecompressionHour",
    "PriceOverride",
    "Project",
    "PromptDraft",
    "PromptTemplate",
    "PromptVersion",
    "Provider",
    "RecoveryCode",
    "RegressionCase",
    "RegressionResult",
    "Replay",
    "ReplayResult",
    "RequestTrace",
    "Role",
    "RollupMark",
    "RollupState",
    "Route",
    "RouteTarget",
    "SavedView",
    "SecondFactor",
    "SeenPrompt",
    "SpanRollup",
    "SpendRollup",
    "TagRollup",
    "TokenDrift",
    "TraceCopying",
    "TraceFeedback",
    "TraceRollup",
    "TuningProposal",
    "UncopiedTraces",
    "UserSession",
]
