"""What the detectors find in single texts; benchmarks/masking has many more, with figures."""

from __future__ import annotations

import pytest

from benchmarks.masking.made_up import MadeUp
from tests.growth import MAX_RATIO, ratio
from token_optimizer.junk_patterns import compiled_pattern
from token_optimizer.masking.detectors import DETECTORS, Finder

ALL = Finder(list(DETECTORS))
MADE = MadeUp(3)
CHARS = 30_000


def found(text: str, finder: Finder = ALL) -> list[tuple[str, str]]:
    return [(name, text[start:end]) for start, end, name in finder.spans(text)]


def test_several_in_one_text_come_from_left_to_right() -> None:
    mail, card, phone = MADE.email(), MADE.card(" "), "+49 151 12345678"
    text = f"ü {phone}, then {mail}; at last {card}."
    assert found(text) == [("phone", phone), ("email", mail), ("card", card)]


@pytest.mark.parametrize("between", ["", " ", "-"])
def test_a_card_needs_its_checksum(between: str) -> None:
    card = MADE.card(between)
    wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
    assert found(f"pay {card} now") == [("card", card)]
    assert found(f"pay {wrong} now") == []


def test_an_iban_needs_its_checksum_and_its_length() -> None:
    iban = MADE.iban("NL", " ")
    assert found(f"to {iban}, please") == [("iban", iban)]
    assert found(f"to {iban[:-1]}{(int(iban[-1]) + 1) % 10}, please") == []
    assert found(f"to {iban}1, please") == []


@pytest.mark.parametrize(
    "text",
    [
        "took 1234567 ms, 555123 rows, id 1764446866123",
        "10.0.0.1:5432 2026-11-29 20:07:46.123456",
        "+10485760 bytes, +12345678, -87654321",
        "4f9c2d6e-8a41-4c0b-9d5e-2f7a1b3c4d5e",
        "request-415-555-0199-7 and ab415-555-0199",
    ],
)
def test_numbers_in_logs_are_no_phones(text: str) -> None:
    assert found(text) == []


def test_of_a_password_in_an_address_only_the_password_goes() -> None:
    assert found("postgres://app:s3cr3tpw@db.example.com/x") == [("api_key", "s3cr3tpw")]


def test_a_key_that_was_cut_off_is_found_as_far_as_it_goes() -> None:
    key = MADE.private_key().rpartition("-----END")[0].rstrip()
    [(name, value)] = found(f"{key}\n\nand more text follows.")
    assert name == "private_key"
    assert key.rstrip("=\n") in value
    assert "more text" not in value


def test_only_the_detectors_that_are_named_look() -> None:
    text = f"{MADE.email()} {MADE.card()}"
    assert [name for name, _ in found(text, Finder(["email"]))] == ["email"]
    assert found(text, Finder([])) == []


def test_a_pattern_of_a_users_comes_first() -> None:
    finder = Finder(["email"], [compiled_pattern(r"acct-\w+@\S+")])
    assert found("acct-7@example.com and jo@example.com", finder) == [
        ("custom", "acct-7@example.com"),
        ("email", "jo@example.com"),
    ]


def test_a_pattern_that_matches_nothing_at_all_places_masks_nothing() -> None:
    assert found("abc", Finder([], [compiled_pattern("x*")])) == []


def test_half_a_surrogate_pair_is_no_obstacle() -> None:
    assert found("\ud83d jo@example.com") == [("email", "jo@example.com")]


@pytest.mark.parametrize(
    "piece",
    [
        "a@b.com ",
        "a@",
        "a.b-c_d+e",
        "@a.",
        "é@é.",
        "4111 ",
        "4111-1111-1111-1112 ",
        "+1 (",
        "+49 1",
        "Tel: 0",
        "DE89 3704 ",
        "eyJhbGciOi",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.",
        "sk-a1",
        "api_key=",
        "bearer ",
        "https://a:b",
        "://:",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n" + "A" * 40 + "\n",
        "A: b\n",
    ],
)
def test_time_grows_with_the_length_of_hostile_text(piece: str) -> None:
    assert ratio(ALL.spans, piece, CHARS) <= MAX_RATIO
