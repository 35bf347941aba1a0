"""What stays of the description of a tool or a property."""

import pytest

from token_optimizer.optimizer.tools.descriptions import concise, gist_and_rules, is_name_again, rules
from token_optimizer.optimizer.tools.redundancy import Described

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


HALL = Described(("guild", "hall_day"), {"type": "string"})
BOOKS = Described(("book_hall",), is_tool=True)


def test_a_sentence_that_names_a_format_stays_where_an_enum_has_its_values() -> None:
    hall = Described(("format",), {"type": "string", "enum": ["text", "markdown"]})
    for told in (
        "The desired format (text or markdown).",
        "The format to return the page in (text, markdown).",
    ):
        assert concise(told, hall) == told
    assert concise("One of text or markdown.", hall) == ""


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("The hall's day, in the format 'YYYY-MM-DD'.", "'YYYY-MM-DD'."),
        ("The hall's day, formatted as 'Week, Day'.", "'Week, Day'."),
        ("The hall's day, in the format 'H-4711'.", "in the format 'H-4711'."),
        ("Day, in the format 'YYYY-MM-DD'.", "'YYYY-MM-DD'."),
        ("When it opens, in the format 'YYYY-MM-DD'.", None),
        ("The day of the hall, such as 'Monday' or 'Friday'.", "such as 'Monday' or 'Friday'."),
        ("The hall (e.g., 'north').", "(e.g., 'north')."),
        ("When the guild meets, on any day of the hall.", "When the guild meets, on any day of the hall."),
        # The format says it all.
        ("Day, as 'YYYY-MM-DD', such as '2026-11-29'.", "Day, as 'YYYY-MM-DD'."),
        ("Time of 'HH:MM' (e.g., '18:30' or '07:05').", "Time of 'HH:MM'."),
        ("Time of 'HH:MM to HH:MM', such as '18:30 to 07:05'.", "Time of 'HH:MM to HH:MM'."),
        ("Time of 'HH:MM to HH:MM', such as '18:30 or 07:05'.", None),
        ("Time of 'dd.mm.yyyy', such as '18.12.2026'.", "Time of 'dd.mm.yyyy'."),
        ("Time of 'HH:MM', such as '18:30' for the feast.", None),
        ("Day, as 'YYYY-MM-DD', such as '29.11.2026'.", None),
        # What demands something stays whole.
        ("The hall day, which must be given, such as 'Monday'.", None),
    ],
)
def test_a_part_of_a_sentence_that_name_and_schema_say_goes(text, left):
    assert concise(text, HALL) == (text if left is None else left)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("The evening of the feast, in the format 'YYYY-MM-DD'.", "'YYYY-MM-DD'."),
        ("Length of the feast in minutes, which helps the cooks.", "in minutes."),
        ("Length of the feast in minutes for which the cooks are paid.", "in minutes."),
        ("Length of the feast in minutes for which the cooks must be paid.", None),
        ("The speed of the boat in meters per second.", "in meters per second."),
        ("The warmth (Celsius) and the wind (knots) of the feast.", None),
        ("The page (UUID) of the guest.", "(UUID)."),
        ("The month, from 1 (January) to 12 (December).", "from 1 (January) to 12 (December)."),
        ("The feast, typically in autumn.", ""),
        ("A guest of the feast, if any.", ""),
        ("The evening when the guests should arrive.", ""),
        ("Values are given in minutes.", "Values are given in minutes."),
        ("The hall (of the town), 'east' (by the sea), 'west' (inland).", None),
        ("The guest (required for a feast).", None),
        ("Rings the bell, usually before a feast.", "Rings the bell, usually before a feast."),
        ("Metadata such as the date is shown.", "Metadata such as the date is shown."),
    ],
)
def test_a_part_that_states_no_rule_goes_where_the_rest_reads_on(text, left):
    assert rules(text, HALL) == (text if left is None else left)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Books a hall for a specified guild.", "Books a hall."),
        ("Books a hall, allowing for a feast, in 24-hour format.", None),
        ("Books a hall, allowing for a feast.", "Books a hall."),
        ("Lists halls, such as barns and lofts, based on the given filters.", "Lists halls."),
        ("Lists halls that lie within the given range.", "Lists halls that lie within the given range."),
        ("Books a hall with a unique name.", None),
        ("Gives details on a specific hall.", None),
        ("Gives out keys for a specific hall or takes them back from the guests of a feast.", None),
        ("Books a hall for a given guild, given as 'G-4711'.", None),
        ("Books a hall with the given key, opens the door to it, and rings.", None),
        ("Checks if guests with the given name are there.", None),
        ("Books a hall (BH) for a given guild. Only for members.", "Books a hall (BH). Only for members."),
    ],
)
def test_of_a_tool_stays_what_it_does(text, left):
    assert rules(text, BOOKS) == (text if left is None else left)


@pytest.mark.parametrize(
    "rule",
    [
        "Provide the full name of the guest.",
        "State the reason of the guest.",
        "The guest can be a town or a village.",
        "Of the guests, the youngest as a string.",
        "For feasts, the name of the cook.",
        "One short sentence about the guest.",
        "This replaces the older guests.",
        "The feast is irreversible.",
        "The guests are found automatically.",
    ],
)
def test_what_is_asked_for_or_happens_is_a_rule(rule):
    assert rules(rule, HALL) == rule
    assert rules(f"Holds the feast. {rule}", BOOKS).endswith(rule)


def test_what_a_value_of_an_enum_stands_for_stays():
    side = Described(("side",), {"type": "string", "enum": ["LEFT", "RIGHT"]})
    told = "LEFT indicates the guests of the bride"
    assert rules(f"The bench of the guests. {told}", side) == told
    assert rules("The bench on the LEFT of the guests", side) == ""


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("guest_uuid", "The UUID of the guest who pays.", ""),
        ("wait_seconds", "The seconds that the guest waits.", ""),
        ("guest", "The UUID of the guest who pays.", "The UUID of the guest who pays."),
        ("not_sober", "The guest who is not sober.", "The guest who is not sober."),
    ],
)
def test_a_kind_of_value_that_the_name_says_is_no_rule(name, text, left):
    assert rules(text, Described((name,), {"type": "string"})) == left


def test_abbreviations_of_a_name_are_known_in_full():
    assert concise("The configuration of the application.", Described(("app_config",))) == ""


FLAG = Described(("book", "with_food"), {"type": "boolean"})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("If true, the guests should be fed.", ""),
        ("Set to true to feed the guests when they arrive.", ""),
        ("Indicates if the guests should be fed.", ""),
        ("If true, the guests are not fed.", "If true, the guests are not fed."),
        ("If false, the guests are fed before noon.", "If false, the guests are fed before noon."),
        ("Set to true only when they arrive.", "Set to true only when they arrive."),
        ("Whether to feed each guest of the feast.", ""),
        ("Whether to feed the guests, such as cooks and singers.", ""),
        ("If set to true, guests such as cooks are fed.", "If set to true, guests such as cooks are fed."),
        ("Whether the guests must be fed.", "Whether the guests must be fed."),
        ("Whether to feed them; for cooks in units of 2.", "Whether to feed them; for cooks in units of 2."),
    ],
)
def test_what_a_flag_is_for_is_no_rule(text, left):
    assert rules(text, FLAG) == left


def test_a_sentence_of_any_length_is_left_whole():
    text = "The feast for a given guild, " * 2_000 + "in minutes."
    assert rules(text, HALL) == text.strip()


def test_titles_that_only_repeat_the_name():
    assert is_name_again("Start Date", ("trip", "start_date"))
    assert is_name_again("startDate", ("startDate",))
    assert not is_name_again("Start Date (UTC)", ("start_date",))
    assert not is_name_again("Anything", ())


def test_what_names_another_tool_stays() -> None:
    described = Described(("delete_file", "sha"), {"type": "string"}, required=True)
    assert rules("SHA of the file; get it by get_file_contents", described).endswith(
        "get it by get_file_contents"
    )
    assert rules("The file_sha of the file.", Described(("delete", "file_sha"))) == ""


def test_the_same_text_is_another_one_elsewhere():
    text = "Finds a berth at low tide. Required. By default 7."
    of_tool = Described(("find",), is_tool=True)
    asked = [
        (rules, of_tool, "Berth at low tide. By default 7."),
        (gist_and_rules, of_tool, "Berth. By default 7."),
        (rules, Described(("find",), required=True), "By default 7."),
        (rules, Described(("find",), required=False), "Required. By default 7."),
        (rules, Described(("find",), {"default": 7}, required=True), ""),
        (rules, Described(("find",), {"default": 8}, required=True), "By default 7."),
    ]
    for _ in range(2):
        assert [(find, whose, find(text, whose)) for find, whose, _ in asked] == asked
