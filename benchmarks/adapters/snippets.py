"""The snippets of docs/adapters.md, by the module of the adapter that they show."""

from __future__ import annotations

import re

from tests.project.snippets import snippets

_PAGE = "docs/adapters.md"
_MODULE = re.compile(r"^from token_optimizer\.adapters\.(\w+) import", re.MULTILINE)


def adapter_snippets() -> dict[str, list[str]]:
    """The snippets of each module, in the order of the page."""
    found: dict[str, list[str]] = {}
    for snippet in snippets("python"):
        if snippet.page == _PAGE and (module := _MODULE.search(snippet.text)):
            found.setdefault(module[1], []).append(snippet.text)
    return found
