"""Why something was refused of a prompt template.

* PromptsError
  - TextRefused: a text with something else in braces than the name of a variable
  - ContentRefused: a template that cannot be used, by part
  - ValuesRefused: values that cannot be rendered, by variable
  - NothingToPublish: nothing differs from the live version
  - PublishedMeanwhile: somebody published since the draft was begun
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer_app.models import PromptVersion


class PromptsError(Exception):
    """The parent of them all."""


class TextRefused(PromptsError):
    """The text says in which line, and what was expected."""


class _Refused(PromptsError):
    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in problems.items()))
        self.problems = dict(problems)


class ContentRefused(_Refused):
    """`problems` says of each part why it cannot be used: `messages.0.text`."""


class ValuesRefused(_Refused):
    """`problems` says of each variable why its value cannot be used."""


class NothingToPublish(PromptsError):
    """What was to be published is what is live."""


class PublishedMeanwhile(PromptsError):
    """`parts` are those that others changed since `base_version`, up to the version that is live."""

    def __init__(self, live: PromptVersion, base_version: int, parts: Sequence[str]) -> None:
        super().__init__(f"v{live.number} was published after v{base_version}")
        self.live = live
        self.base_version = base_version
        self.parts = list(parts)
