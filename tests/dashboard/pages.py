"""Pages as text for assertions, whatever their lines and indents are."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client


def page_text(client: Client, path: str, **options: Any) -> str:
    """The HTML of a page in one line, without the whitespace that stands only between or in tags."""
    answer = client.get(path, **options)
    assert answer.status_code == 200
    line = " ".join(answer.content.decode().split())
    return re.sub(r" >", ">", line).replace("> <", "><")
