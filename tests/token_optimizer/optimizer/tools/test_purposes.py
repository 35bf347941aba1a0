"""What a tool is for is said in as few words as its name and its parameters leave."""

from __future__ import annotations

import pytest

from token_optimizer.optimizer.tools.descriptions import concise, gist_and_rules, rules
from token_optimizer.optimizer.tools.redundancy import Described

PARAMETERS = {
    "type": "object",
    "properties": {"berth_id": {"type": "string"}, "hull_colour": {"type": "string"}},
}


def _tool(name: str) -> Described:
    return Described((name,), PARAMETERS, is_tool=True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("delete_guest_boat", "Deletes a specific guest boat."),
        ("GuestBoats_remove", "Delete the guest boats from the system."),
        ("get_boats", "Retrieves a list of boats based on the hull colour."),
        ("updateBoat", "This function modifies an existing boat."),
        ("boat_search", "Find boats by their hull colour."),
    ],
)
def test_a_name_that_says_what_the_tool_does_needs_no_sentence(name, text):
    assert rules(text, _tool(name)) == ""
    assert concise(text, _tool(name)) != ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("boats", "Retrieves a list of boats."),
        ("create_boat", "Deletes a boat."),
        ("delete_boat", "Never delete a boat."),
        ("create_boat", "Creates a boat with a unique name."),
        ("get_boats", "Searches the boats of a harbour."),
        ("manage_boats", "Manages boats, including painting the hull."),
    ],
)
def test_what_the_name_does_not_say_stays(name, text):
    assert rules(text, _tool(name)) == text


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Paints a boat using the berth ID.", "Paints a boat."),
        ("Paints a boat at low tide, specifying its hull colour.", "Paints a boat at low tide."),
        ("Paints a boat identified by its berth.", "Paints a boat."),
        ("Paints a boat using a brush.", "Paints a boat using a brush."),
        ("Paints a boat, which MUST be dry, using its berth ID.", None),
    ],
)
def test_what_the_parameters_say_goes(text, short):
    assert concise(text, _tool("paint")) == (short or text)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Retrieves all boats that sank.", "All boats that sank."),
        ("Retrieves a list of boats from the archive.", "Boats from the archive."),
        ("Retrieves the boats, including those that sank.", "Boats, including those that sank."),
        ("Get details about a specific boat that sank.", "Boat that sank."),
        ("Search for boats that sank.", "Boats that sank."),
        ("Lists the boats and returns the one that sank.", None),
        ("Retrieves the boats that NEVER sank.", None),
    ],
)
def test_that_something_is_shown_goes_where_the_name_says_it(text, short):
    assert rules(text, _tool("get_boats")) == (short or text)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Paints a boat at low tide, in the harbour.", "Paints a boat."),
        ("Paints a list of boats for a guest.", "Paints a list of boats."),
        ("Performs a search for boats on the sea.", "Performs a search for boats."),
        ("Looks up the crew of the boat in the register.", "Looks up the crew of the boat."),
        ("Paints the boats that sank in the harbour.", None),
        ("Checks whether a boat is in the harbour.", None),
        ("Paints a boat in the harbour and burns the sails.", None),
        ("Paints a boat in the harbour and returns the bill.", "Paints a boat."),
        ("Paints a boat for guests. NEVER a ferry. It dries slowly.", "Paints a boat. NEVER a ferry."),
        ("Paints a boat in harbours without wind.", None),
        ("Never paints a boat in the harbour.", None),
        ("This tool is designed for boats in the harbour.", "This tool is designed for boats."),
    ],
)
def test_a_gist_is_what_a_tool_does_without_its_details(text, short):
    assert gist_and_rules(text, _tool("turn")) == (short or text)


def test_a_gist_that_the_name_says_goes():
    assert gist_and_rules("Sinks a boat at low tide.", _tool("sink_boats")) == ""
    assert rules("Sinks a boat at low tide.", _tool("sink_boats")) != ""


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("This function flips a boat.", "Flips a boat."),
        ("This tool is used to flip a boat.", "Flip a boat."),
        ("This tool is for boats that float.", "This tool is for boats that float."),
        ("This tool must flip a boat.", "This tool must flip a boat."),
        ("Flips a boat, including its crew.", "Flips a boat."),
    ],
)
def test_an_opening_that_all_tools_could_have_goes(text, short):
    assert rules(text, _tool("turn")) == short


def test_a_default_that_the_schema_gives_needs_no_sentence():
    schema = {"type": "string", "default": "red"}
    text = "Of the hull. If not provided, defaults to 'red'."
    assert concise(text, Described(("colour",), schema)) == "Of the hull."
    assert concise(text, Described(("colour",), {**schema, "default": "blue"})) == text
    assert concise("If not red, defaults to 'red'.", Described(("colour",), schema)) != ""


@pytest.mark.parametrize("describe", [concise, rules, gist_and_rules])
def test_no_sentence_ends_in_an_article(describe):
    text = "Paints a boat and prints the colour of a given hull."
    assert describe(text, _tool("paint")) == text
