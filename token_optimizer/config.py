"""OptimizerConfig: every knob of the optimizer, with the guide's names and defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from token_optimizer.errors import ConfigError
from token_optimizer.junk_patterns import MAX_PATTERN_CHARS, MAX_PATTERNS, check_patterns
from token_optimizer.masking.detectors import DETECTORS
from token_optimizer.masking.masker import Masker

DEFAULT_JUNK_REGEXES = (r"^\s*$", r"^(Sure\.|Of course\.|I can help.*)$")
SUMMARIZERS = ("textrank", "lexrank", "lsa", "luhn", "kl")
TOOL_DESCRIPTION_MODES = ("none", "first_sentence", "rules", "concise", "full")
READ_BACK_MODES = ("auto", "always", "never")
TOOL_DEFERRAL_MODES = ("auto", "never")
PROVIDER_CACHE_MODES = ("auto", "off")
RESPONSE_CACHE_MODES = ("off", "temperature_0", "always")
# How many strings a list may hold, of how many characters each. Keywords are looked for at each place of
# a text.
MAX_LISTS = {
    "tool_allowlist": (500, 2_000),
    "junk_regexes": (MAX_PATTERNS, MAX_PATTERN_CHARS),
    "directive_keywords": (100, 50),
    "mask_detectors": (len(DETECTORS), 20),
    "uncut_tools": (100, 200),
    "mask_patterns": (20, MAX_PATTERN_CHARS),
}
MAX_CAPTURE_DAYS = 365
MAX_RESPONSE_CACHE_SECONDS = 604_800
MAX_HOLDOUT_SHARE = 0.5
TUNING_MODES = ("off", "propose", "within_bounds")
# What tools return to an agent has a floor of its own, whatever its kind.
TOOL_RESULT = "tool_result"
FLOOR_KINDS = ("document", "prose", "json", "code", "log", "transcript", "examples", TOOL_RESULT)
MAX_FLOOR_FACTOR = 10
_FLAGS = ("enable_tools", "enable_caching", "enable_semantic_retrieval", "enable_compression", "emit_async")
_FRACTIONS = (
    "mmr_lambda",
    "compression_ratio",
    "faithfulness_threshold",
    "tuning_min_target",
    "tuning_min_floor",
)
_COUNTS = (
    "safety_margin_tokens",
    "keep_last_n_turns",
    "dedupe_window",
    "json_truncate_items",
    "json_truncate_chars",
    "log_error_window_lines",
    "log_tail_lines",
    "tool_result_tokens",
)

PRESETS: dict[str, dict[str, Any]] = {
    "safe": {
        "max_input_tokens": None,
        "target_reduction": None,
        "enable_compression": False,
        "tool_descriptions": "full",
        "tool_deferral": "never",
    },
    "balanced": {"max_input_tokens": None, "target_reduction": 0.5},
    "aggressive": {"max_input_tokens": None, "target_reduction": 0.7, "compression_ratio": 0.3},
}


@dataclass(slots=True)
class OptimizerConfig:
    """Fields of the guide, and ours: `target_reduction` (share of the tokens to aim at cutting, a soft
    target), `max_latency_ms`, `tool_descriptions`, `tool_result_tokens` (size above which a tool result
    may be cut lossily), `read_back` (whether the model gets a tool to read what was left out; auto is where
    the request has tools and its sender answers the calls), `tool_deferral` (whether the
    descriptions of unlikely tools are left to be read back; auto is where there are many), `summarizer` (by
    which the central sentences of prose are found), `directive_keywords` (words of duty beside our own, by
    which directives are known), `provider_cache` (whether the service adds what lets the provider's cache
    find more of a prompt, where its client added nothing), `response_cache` (whether it answers the very same
    request with the answer that it gave before, for `response_cache_seconds`), `capture_days` (days that the
    service keeps prompts and answers; 0: none), `mask_detectors` (which secrets and personal data are kept
    from the provider), `mask_patterns` (what else is), `holdout_share` (share of conversations that the
    service sends untouched, to compare with), `floor_factors` (by kind of text what the floor of the soft
    target is multiplied by), `uncut_tools` (tools whose results are never cut), `tuning` (whether the service
    proposes changes by what happened, or makes them) and `tuning_min_target`, `tuning_min_floor` (its
    bounds).

    `max_input_tokens` is a hard budget; None means the model's own window.
    """

    api_key: str = ""
    analytics_url: str = ""
    provider: str = "openai"
    target_model: str = "gpt-4o"
    max_input_tokens: int | None = 8000

    safety_margin_tokens: int = 300
    keep_last_n_turns: int = 4
    junk_regexes: list[str] = field(default_factory=lambda: list(DEFAULT_JUNK_REGEXES))
    dedupe_window: int = 200
    json_truncate_items: int = 200
    json_truncate_chars: int = 60_000
    log_error_window_lines: int = 30
    log_tail_lines: int = 80

    enable_tools: bool = True
    tool_allowlist: list[str] = field(default_factory=lambda: ["*"])
    enable_caching: bool = False
    enable_semantic_retrieval: bool = False
    enable_compression: bool = True

    vector_topk_per_type: dict[str, int] = field(default_factory=lambda: {"chat": 20, "doc": 30, "tool": 15})
    mmr_lambda: float = 0.7
    embedding_model: str = "BAAI/bge-small-en-v1.5"

    compression_ratio: float = 0.5
    faithfulness_threshold: float = 0.85

    per_type_budget_fraction: dict[str, float] = field(
        default_factory=lambda: {"doc": 0.4, "chat": 0.3, "tool": 0.2, "assistant": 0.1}
    )

    redis_url: str | None = None
    postgres_url: str | None = None

    emit_batch_size: int = 10
    emit_interval_seconds: float = 5
    emit_async: bool = True

    target_reduction: float | None = None
    max_latency_ms: int = 2000
    tool_descriptions: str = "concise"
    tool_result_tokens: int = 2000
    read_back: str = "auto"
    tool_deferral: str = "auto"
    summarizer: str = "textrank"
    directive_keywords: list[str] = field(default_factory=list)
    provider_cache: str = "auto"
    response_cache: str = "off"
    response_cache_seconds: int = 3600
    capture_days: int = 0
    mask_detectors: list[str] = field(default_factory=list)
    mask_patterns: list[str] = field(default_factory=list)
    holdout_share: float = 0.0
    floor_factors: dict[str, float] = field(default_factory=dict)
    uncut_tools: list[str] = field(default_factory=list)
    tuning: str = "off"
    tuning_min_target: float = 0.3
    tuning_min_floor: float = 0.25

    @classmethod
    def preset(cls, name: str, **fields: Any) -> OptimizerConfig:
        """A named starting point (safe, balanced, aggressive) with single fields replaced.

        Presets leave `max_input_tokens` empty, as the gateway's default config does.
        """
        if name not in PRESETS:
            raise ConfigError(f"preset {name!r} is not one of {', '.join(PRESETS)}")
        return cls.from_fields({**PRESETS[name], **fields})

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> OptimizerConfig:
        """A checked config from plain data; an unknown field is named in the error."""
        known = {item.name for item in dataclasses.fields(cls)}
        unknown = sorted(set(fields) - known)
        if unknown:
            raise ConfigError(f"unknown config field {unknown[0]!r}")
        config = cls(**fields)
        config.check()
        return config

    def check(self) -> None:
        """Raise ConfigError, naming the field, where a value cannot be used."""
        _check_count("max_input_tokens", self.max_input_tokens, least=1, optional=True)
        for name in _COUNTS:
            _check_count(name, getattr(self, name))
        _check_days("capture_days", self.capture_days)
        _check_holdout("holdout_share", self.holdout_share)
        _check_factors("floor_factors", self.floor_factors)
        _check_mode("tuning", self.tuning, TUNING_MODES)
        for name in _FRACTIONS:
            _check_fraction(name, getattr(self, name))
        _check_fraction("target_reduction", self.target_reduction, optional=True)
        _check_count("max_latency_ms", self.max_latency_ms, least=1)
        _check_mode("tool_descriptions", self.tool_descriptions, TOOL_DESCRIPTION_MODES)
        _check_mode("read_back", self.read_back, READ_BACK_MODES)
        _check_mode("tool_deferral", self.tool_deferral, TOOL_DEFERRAL_MODES)
        _check_mode("provider_cache", self.provider_cache, PROVIDER_CACHE_MODES)
        _check_mode("response_cache", self.response_cache, RESPONSE_CACHE_MODES)
        _check_seconds("response_cache_seconds", self.response_cache_seconds)
        check_summarizer(self.summarizer)
        _check_model("target_model", self.target_model)
        for name in _FLAGS:
            _check_flag(name, getattr(self, name))
        _check_by_type("vector_topk_per_type", self.vector_topk_per_type, _check_count)
        _check_by_type("per_type_budget_fraction", self.per_type_budget_fraction, _check_fraction)
        for name, (max_items, max_chars) in MAX_LISTS.items():
            _check_strings(name, getattr(self, name), max_items, max_chars)
        check_patterns("junk_regexes", self.junk_regexes)
        check_patterns("mask_patterns", self.mask_patterns)
        _check_detectors("mask_detectors", self.mask_detectors)

    def masker(self, key: str) -> Masker | None:
        """Masks the texts of one request; None where the config keeps nothing from the provider. The same
        `key` makes the same placeholders."""
        if not self.mask_detectors and not self.mask_patterns:
            return None
        return Masker(self.mask_detectors, self.mask_patterns, key)

    def validate(self) -> None:
        """`check`, and that every enabled feature has the server it needs."""
        self.check()
        if self.enable_caching and not self.redis_url:
            raise ConfigError("redis_url required when enable_caching=True")
        if self.enable_semantic_retrieval and not self.postgres_url:
            raise ConfigError("postgres_url required when enable_semantic_retrieval=True")


def check_summarizer(name: object) -> None:
    """ConfigError where no summarizer has this name."""
    if name not in SUMMARIZERS:
        raise ConfigError(f"summarizer {name!r} is not one of {', '.join(SUMMARIZERS)}")


def _check_days(name: str, value: object) -> None:
    _check_count(name, value)
    if isinstance(value, int) and value > MAX_CAPTURE_DAYS:
        raise ConfigError(f"{name} must be at most {MAX_CAPTURE_DAYS}, not {value!r}")


def _check_seconds(name: str, value: object) -> None:
    _check_count(name, value, least=1)
    if isinstance(value, int) and value > MAX_RESPONSE_CACHE_SECONDS:
        raise ConfigError(f"{name} must be at most {MAX_RESPONSE_CACHE_SECONDS}, not {value!r}")


def _check_holdout(name: str, value: object) -> None:
    _check_fraction(name, value)
    if isinstance(value, int | float) and value > MAX_HOLDOUT_SHARE:
        raise ConfigError(f"{name} must be at most {MAX_HOLDOUT_SHARE}, not {value!r}")


def _check_factors(name: str, value: object) -> None:
    """A factor for some kinds of text."""
    if not isinstance(value, dict):
        raise ConfigError(f"{name} must have a factor for each kind of text that it names, not {value!r}")
    for kind, factor in value.items():
        if kind not in FLOOR_KINDS:
            raise ConfigError(f"{name}: kind {kind!r} is not one of {', '.join(FLOOR_KINDS)}")
        is_number = isinstance(factor, int | float) and not isinstance(factor, bool)
        if not is_number or not 0 <= factor <= MAX_FLOOR_FACTOR:
            raise ConfigError(f"{name}[{kind!r}] must be from 0 to {MAX_FLOOR_FACTOR}, not {factor!r}")


def _check_count(name: str, value: object, *, least: int = 0, optional: bool = False) -> None:
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigError(f"{name} must be a whole number of at least {least}, not {value!r}")


def _check_fraction(name: str, value: object, *, optional: bool = False) -> None:
    if value is None and optional:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise ConfigError(f"{name} must be between 0 and 1, not {value!r}")


def _check_mode(name: str, value: object, modes: Sequence[str]) -> None:
    if value not in modes:
        raise ConfigError(f"{name} {value!r} is not one of {', '.join(modes)}")


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be true or false, not {value!r}")


def _check_model(name: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{name} must be the name of a model, not {value!r}")


def _check_detectors(name: str, value: Sequence[str]) -> None:
    for detector in value:
        if detector not in DETECTORS:
            raise ConfigError(f"{name}: {detector!r} is not one of {', '.join(DETECTORS)}")


def _check_by_type(name: str, value: object, check: Callable[[str, object], None]) -> None:
    """A dict with a value for each type of block."""
    if not isinstance(value, dict):
        raise ConfigError(f"{name} must have a value for each type of block, not {value!r}")
    for kind, item in value.items():
        check(f"{name}[{kind!r}]", item)


def _check_strings(name: str, value: object, max_items: int, max_chars: int) -> None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{name} must be a list of strings")
    if len(value) > max_items or any(len(item) > max_chars for item in value):
        raise ConfigError(f"{name} may hold {max_items} strings of {max_chars} characters each")
