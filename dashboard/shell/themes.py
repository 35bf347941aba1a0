"""The theme is a cookie, so that a page is born in it, without a flash."""

from __future__ import annotations

from django.http import HttpRequest

THEMES = ("system", "light", "dark")
THEME_COOKIE = "theme"


def theme_of(request: HttpRequest) -> str:
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else THEMES[0]
