"""Encrypting what is stored anew, under the first of the instance's keys.

What is encrypted stands in text fields named `sealed` or `encrypted_…`, and in the queue of precompression.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models

_QUEUED_SOURCE = ("Precompression", "source")
_ROWS_AT_ONCE = 200


@dataclass(slots=True)
class Rotated:
    """How many texts are under the first key now, and how many no key opens: these stay as they are."""

    texts: int = 0
    unreadable: int = 0


def encrypt_anew() -> Rotated:
    """Texts under the first key stay; repeating it changes nothing."""
    done = Rotated()
    first, all_keys = _cipher(settings.ENCRYPTION_KEYS[:1]), _cipher(settings.ENCRYPTION_KEYS)
    for model, name in encrypted_fields():
        tokens = model._base_manager.exclude(**{f"{name}__isnull": True}).exclude(**{name: ""})
        for key, token in tokens.values_list("pk", name).iterator(chunk_size=_ROWS_AT_ONCE):
            try:
                if not _opens(first, token):
                    # Not where the row was changed meanwhile: what changed it has encrypted it.
                    model._base_manager.filter(pk=key, **{name: token}).update(
                        **{name: all_keys.rotate(token).decode()}
                    )
                done.texts += 1
            except InvalidToken:
                done.unreadable += 1
    return done


def encrypted_fields() -> Iterator[tuple[type[models.Model], str]]:
    """Every field that holds texts under the instance's keys."""
    for model in apps.get_app_config("optimizer_app").get_models():
        for field in model._meta.concrete_fields:
            is_named = field.name == "sealed" or field.name.startswith("encrypted_")
            if is_named or (model.__name__, field.name) == _QUEUED_SOURCE:
                yield model, field.name


def _opens(cipher: MultiFernet, token: str) -> bool:
    try:
        cipher.decrypt(token)
    except InvalidToken:
        return False
    return True


def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
