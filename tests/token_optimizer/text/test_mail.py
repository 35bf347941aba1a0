"""Mail is known by the fields that programs put before it."""

from __future__ import annotations

import pytest

from token_optimizer.text.mail import is_mail, mail_heads


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\nFrom: Ada\nTo: Bo\nSubject: Keys\n\nHi Bo,", True),
        ("De : Ada\nÀ : Bo\nObjet : Clés\n\nBonjour,", True),
        ("From: Ada\nTo: Bo\n\nHi Bo,", False),
        ("Hi Bo,\nFrom: Ada\nTo: Bo\nSubject: Keys\n", False),
    ],
)
def test_mail_begins_with_three_fields(text: str, expected: bool) -> None:
    assert is_mail(text) is expected


def test_the_fields_of_each_mail_with_the_space_below_them() -> None:
    heads = ["Von: Ada\nAn: Bo\nBetreff: Wehr\n\n", "From: Bo\nTo: Ada\nSubject: Weir\n\n"]
    text = "Hi.\n\n".join(["", *heads])
    assert [head.group() for head in mail_heads(text)] == heads
