"""What stays of the description of a tool or a property."""

import pytest

from token_optimizer.optimizer.tools.descriptions import Described, concise, is_name_again, rules

PORT = Described(("connect", "port"), {"type": "integer", "default": 5432}, required=False)


@pytest.mark.parametrize(
    "redundant",
    [
        "The port.",
        "The port number.",
        "This parameter is optional.",
        "Optional integer.",
        "Default is 5432.",
        "The port to connect.",
    ],
)
def test_what_name_and_schema_say_already_goes(redundant):
    assert concise(f"Where the server listens. {redundant}", PORT) == "Where the server listens."
    assert concise(redundant, PORT) == ""


@pytest.mark.parametrize(
    "telling",
    [
        "Default is 5433.",
        "The port must be an integer.",
        "The port is required.",
        "Only the port.",
        "The port of the replica.",
        "Der Port des Servers.",
    ],
)
def test_what_says_more_stays(telling):
    assert concise(telling, PORT) == telling


@pytest.mark.parametrize(
    "rule",
    [
        "Give the day as YYYY-MM-DD.",
        "NEVER call it twice for one order.",
        "Exactly eight upper-case letters.",
        "In seconds.",
        "Leave it empty for all regions.",
        "If the user is a guest, ask for a name.",
        "Must be a path below the project folder.",
        "A share between nought and one.",
        "Prefer the newest of them.",
        "Don't guess.",
        "For example Lisbon.",
        "Values are separated by commas.",
    ],
)
def test_a_rule_stays_and_what_explains_goes(rule):
    text = f"This reads the ledger of the branch. {rule} It was added in the spring."
    assert rules(text, Described(("ledger",))) == rule
    assert rules(text, Described(("ledger",), is_tool=True)) == f"This reads the ledger of the branch. {rule}"


@pytest.mark.parametrize(
    "text",
    [
        "Moves a card. Use it when:\n- the work is done\n- the owner agreed",
        "# Sends mail\nThe body is plain text. It is sent at once.",
        "Runs a query. <example>count the rows</example> It is quick.",
        "Liest eine Datei vom Server. Der Pfad ist relativ zum Projekt.",
    ],
)
def test_structured_and_foreign_descriptions_stay_whole(text):
    assert rules(text, Described(("card",), is_tool=True)) == text


COLOUR = Described(("paint", "colour"), {"type": "string", "enum": ["red", "sea green"], "default": "red"})


@pytest.mark.parametrize(
    "redundant",
    [
        "Possible values are 'red' and 'sea green'.",
        "Options include 'red' or 'sea green'.",
        "For example, 'red'.",
        "The colour, such as 'sea green'.",
        "Defaults to 'red'.",
    ],
)
def test_values_that_an_enum_lists_need_no_sentence(redundant):
    assert concise(f"Of the hull. {redundant}", COLOUR) == "Of the hull."


@pytest.mark.parametrize(
    ("telling", "schema"),
    [
        ("Possible values are 'red' and 'blue'.", COLOUR.schema),
        ("Possible values are 'red' and 'sea green'.", {"type": "string"}),
        ("Must be 'red' or 'sea green'.", COLOUR.schema),
        ("Use 'red' for the hull.", COLOUR.schema),
        ("Defaults to 'sea green'.", COLOUR.schema),
        ("Defaults to 'red'.", {"type": "string", "enum": ["red"]}),
    ],
)
def test_what_an_enum_does_not_say_stays(telling, schema):
    assert concise(telling, Described(("paint", "colour"), schema)) == telling


@pytest.mark.parametrize(
    "plain",
    [
        "The name of the member's guild.",
        "Indicates if the guild has a hall.",
        "A flag that tells the open guilds or not.",
        "The town where the guild has its hall.",
        "The first and last name of the member.",
        "The member's preferred hall.",
        "The preferences of the member.",
        "The method to use for the request.",
        "The number of the phone call.",
        "The title of the to-do list.",
    ],
)
def test_words_of_a_rule_do_not_make_one(plain):
    assert rules(plain, Described(("guild", "text"))) == ""


@pytest.mark.parametrize(
    "rule",
    [
        "Set it if the guild has a hall.",
        "The member's hall isn’t open.",
        "Not the name.",
        "Use the hall where the member sits.",
        "The older hall is preferred.",
        "The preferred over all others.",
        "The first member pays.",
        "It is fit to use only on a Monday.",
        "Call it for the guild's hall.",
        "The codes 'members' names' are read.",
    ],
)
def test_a_rule_in_the_same_words_stays(rule):
    assert rules(rule, Described(("guild", "text"))) == rule


def test_titles_that_only_repeat_the_name():
    assert is_name_again("Start Date", ("trip", "start_date"))
    assert is_name_again("startDate", ("startDate",))
    assert not is_name_again("Start Date (UTC)", ("start_date",))
    assert not is_name_again("Anything", ())
