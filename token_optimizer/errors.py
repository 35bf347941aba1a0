"""Every error the library raises, in one tree.

    TokenOptimizerError
    ├── ConfigError          a config field, preset or pattern that cannot be used (also a ValueError)
    ├── PromptError          messages or tools that are no prompt in a known dialect (also a ValueError)
    ├── StageError           a stage broke; the pipeline catches it and the prompt goes on unchanged
    ├── StageSkipped         a stage could not do its work, and says why; the same happens
    ├── NotShort             a prompt is no short next turn, which is all that the caller has time for
    └── CompressorError      the learned compressor's process could not start, died, failed or took too long

Messages name the value that was wrong and never contain a secret or prompt text.
"""

from __future__ import annotations

from collections.abc import Iterable

from token_optimizer.models.why_not import WhyNot


class TokenOptimizerError(Exception):
    """Base of all errors of this library."""


class ConfigError(TokenOptimizerError, ValueError):
    """A config field holds a value that cannot be used."""


class PromptError(TokenOptimizerError, ValueError):
    """The messages or tools do not form a prompt in a known dialect."""


class StageError(TokenOptimizerError):
    """A stage broke its contract (changed an id, altered a verbatim block)."""


class StageSkipped(TokenOptimizerError):
    """A stage could not do its work; the message says why, and goes into the trace with the reason."""

    def __init__(self, message: str, why_not: WhyNot = WhyNot.UNAVAILABLE) -> None:
        super().__init__(message)
        self.why_not = why_not


class NotShort(TokenOptimizerError):
    """The prompt is no short next turn of a conversation. `keys` are those of its messages."""

    def __init__(self, message: str, keys: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.keys = tuple(keys)


class CompressorError(TokenOptimizerError):
    """The process of the learned compressor could not start, died, failed or took too long."""
