"""The stored state."""

from optimizer_app.models.access.audit import AuditEntry
from optimizer_app.models.access.membership import Invitation, Membership
from optimizer_app.models.access.sign_in import Identity, RecoveryCode, SecondFactor, UserSession
from optimizer_app.models.api_key import ApiKey
from optimizer_app.models.api_token import ApiToken
from optimizer_app.models.config import OptimizationConfig
from optimizer_app.models.config_history import ConfigDraft, ConfigShare, ConfigVersion
from optimizer_app.models.document import Document, IngestJob, IngestUse
from optimizer_app.models.event import Event, EventDelivery, EventDestination
from optimizer_app.models.feedback import TraceFeedback
from optimizer_app.models.kept.capture import Capture
from optimizer_app.models.kept.replay import Replay, ReplayResult
from optimizer_app.models.metric_series import MetricSeries
from optimizer_app.models.playground_example import PlaygroundExample
from optimizer_app.models.precompression import Precompression, PrecompressionHour
from optimizer_app.models.price_override import PriceOverride
from optimizer_app.models.project import Project
from optimizer_app.models.prompt_template import PromptDraft, PromptTemplate, PromptVersion
from optimizer_app.models.provider import Provider
from optimizer_app.models.regression_case import RegressionCase, RegressionResult
from optimizer_app.models.roles import Role
from optimizer_app.models.rollup import CutRollup, RollupMark, RollupState, SpendRollup, TraceRollup
from optimizer_app.models.route import Route, RouteTarget
from optimizer_app.models.saved_view import SavedView
from optimizer_app.models.seen_prompt import SeenPrompt
from optimizer_app.models.token_drift import TokenDrift
from optimizer_app.models.trace import RequestTrace
from optimizer_app.models.tuning import TuningProposal

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
    "Event",
    "EventDelivery",
    "EventDestination",
    "Identity",
    "IngestJob",
    "IngestUse",
    "Invitation",
    "Membership",
    "MetricSeries",
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
    "SpendRollup",
    "TokenDrift",
    "TraceFeedback",
    "TraceRollup",
    "TuningProposal",
    "UserSession",
]
