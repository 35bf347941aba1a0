"""Why a change to a config was refused.

* ConfigsError
  - FieldsRefused: values that cannot be used, by field
  - FileRefused: a file that is no exported config
  - NothingToPublish: nothing differs from the live version
  - PublishedMeanwhile: somebody published since the draft was begun
  - ShareRunning: a share has to be ended first
  - NoShare: there is none to end
  - StillUsed: a config that keys use cannot go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer_app.configs.changes import Change
from optimizer_app.models import ApiKey, ConfigShare, ConfigVersion


class ConfigsError(Exception):
    """The parent of them all."""


class FieldsRefused(ConfigsError):
    """`problems` says of each field why its value cannot be used."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in problems.items()))
        self.problems = dict(problems)


class FileRefused(ConfigsError):
    """The text says what is wrong with the file."""


class NothingToPublish(ConfigsError):
    """What was to be published is what is live."""


class PublishedMeanwhile(ConfigsError):
    """`changes` is what others changed since `base_version`, up to the version that is live."""

    def __init__(self, live: ConfigVersion, base_version: int, changes: Sequence[Change]) -> None:
        super().__init__(f"v{live.number} was published after v{base_version}")
        self.live = live
        self.base_version = base_version
        self.changes = list(changes)


class ShareRunning(ConfigsError):
    """`share` is the one that runs."""

    def __init__(self, share: ConfigShare) -> None:
        super().__init__(f"v{share.version.number} runs on {share.percent}% of {share.by}: end that first")
        self.share = share


class NoShare(ConfigsError):
    """No version of the config runs on a share."""


class StillUsed(ConfigsError):
    """`keys` are those that use it."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        super().__init__(f"{len(keys)} keys use it")
        self.keys = list(keys)
