"""The names that a text mentions."""

from token_optimizer.optimizer.relevance.names import names, weighted_names


def test_names_are_identifiers_paths_and_numbers() -> None:
    text = "In src/app.py line 1474 calls td_field.serialize on TimeDelta, as the well-known fix did in SEA."
    found = set(names(text))
    assert {"src/app.py", "1474", "td_field.serialize", "TimeDelta", "SEA"} <= found
    assert not {"line", "calls", "well-known", "fix", "In"} & found


def test_a_part_of_a_name_is_worth_less_than_the_name() -> None:
    weights = dict(weighted_names("open td_field.serialize"))
    assert weights["td_field.serialize"] > weights["td_field"]
