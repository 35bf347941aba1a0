"""Which conversations are held out."""

from __future__ import annotations

from optimizer_app.holdout.groups import placed


def held_out(share: float, secret: str = "of the project", count: int = 2_000) -> set[int]:
    return {number for number in range(count) if placed(share, secret, f"opening {number}").is_held_out}


def test_as_many_as_the_share_says() -> None:
    assert not held_out(0.0)
    assert 0.07 < len(held_out(0.1)) / 2_000 < 0.13
    assert 0.46 < len(held_out(0.5)) / 2_000 < 0.54


def test_a_larger_share_holds_out_those_of_a_smaller_one_too() -> None:
    assert held_out(0.1) < held_out(0.3)


def test_the_place_is_the_conversations_own_and_hides_its_text() -> None:
    assert placed(0.5, "secret", "opening") == placed(0.5, "secret", "opening")
    assert placed(0.5, "secret", "opening").unit != placed(0.5, "secret", "other").unit
    assert placed(0.5, "secret", "opening").unit != placed(0.5, "of another project", "opening").unit
    assert placed(0.5, "secret", "lone \ud83d").unit


def test_projects_hold_out_others() -> None:
    assert held_out(0.5, "one") != held_out(0.5, "two")
