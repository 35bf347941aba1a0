"""Pages as text for assertions, whatever their lines and indents are."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client


def page_text(client: Client, path: str, **options: Any) -> str:
    """The HTML of a page in one line, without the whitespace that stands only between or in tags."""
    answer = client.get(path, **options)
    assert answer.status_code == 200
    return one_line(answer.content.decode())


def one_line(html: str) -> str:
    """HTML in one line, without the whitespace that stands only between or in tags."""
    line = " ".join(html.split())
    return re.sub(r" >", ">", line).replace("> <", "><")
