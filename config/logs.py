"""Logs: one line an event on stderr, made by structlog for its own loggers and the standard library's alike.

What is logged are names, ids and counts. No logger here is given prompt text or a secret, and tracebacks
carry no local variables.
"""

from __future__ import annotations

import logging.config
from collections.abc import Mapping

import structlog

_QUIET = (
    "celery.app.trace",
    "celery.beat",
    "celery.worker.strategy",
    "django.channels.server",
    "httpx",
    "kombu",
    "uvicorn.access",
)


def configure_logs(options: Mapping[str, str]) -> None:
    """What Django calls with the LOGGING setting, here the level, and the format: text or json."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if options["format"] == "json" else _as_text()
    logging.config.dictConfig(_standard_library(options["level"], shared, renderer))


def _as_text() -> structlog.typing.Processor:
    return structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "logger", "event"], drop_missing=True, bool_as_flag=False
    )


def _standard_library(
    level: str, shared: list[structlog.typing.Processor], renderer: structlog.typing.Processor
) -> dict[str, object]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in _QUIET},
    }
