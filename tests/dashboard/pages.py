"""Pages as text for assertions, whatever their lines and indents are."""

from __future__ import annotations

import re
from typing import Any

from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client


def page_text(client: Client, path: str, **options: Any) -> str:
    """The HTML of a page in one line, without the whitespace that stands only between or in tags."""
    answer = client.get(path, **options)
    assert answer.status_code == 200
    return one_line(answer.content.decode())


def one_line(html: str) -> str:
    """HTML in one line, without the whitespace that stands only between or in tags."""
    line = " ".join(html.split())
    return re.sub(r" >", ">", line).replace("> <", "><")


def streamed_text(client: Client, path: str) -> str:
    """What the server streams to the same reader."""
    reader = AsyncClient()
    reader.cookies = client.cookies

    async def read() -> bytes:
        answer = await reader.get(path)
        assert answer.streaming
        return b"".join([part async for part in answer])

    return async_to_sync(read)().decode()
