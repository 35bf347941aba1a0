"""What is found in a message besides its prose: transcripts, examples, documents, code and output."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_optimizer.optimizer.checks import any_text
from token_optimizer import optimize
from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import (
    instruction_pieces,
    kind_of,
    message_pieces,
    result_pieces,
)

TALK = "".join(
    f"{name}: Well, so the {n}th point is the cost of it all, I think.\n"
    for n, name in enumerate(["Ada", "Grad B"] * 6)
)
EXAMPLES = "".join(
    f"Question: If Ada has {n} apples and eats one, how many does she have left?\n"
    f"She eats one, so {n} - 1 = {n - 1}.\nThe answer is {n - 1}\n\n"
    for n in range(5, 10)
)
DOCUMENTS = "".join(
    f"Document [{n}] (Title: Mill {n}) Mill {n} was built beside the river and closed long ago.\n\n"
    for n in range(1, 6)
)
LISTING = "[File: /app/fields.py (40 lines total)]\n" + "".join(
    f"{n}:    value_{n} = read(path, {n})\n" for n in range(1, 12)
)
OUTPUT = (
    "Collecting pytest\n"
    + "".join(f"Requirement already satisfied: part{n}>=1.{n} in /usr/lib/python3\n" for n in range(8))
    + "(Current directory: /app)\nbash-$"
)
LS = "".join(f"src/part_{n}.py\n" for n in range(20)) + "(Current directory: /app)\nbash-$"
LIST_OF_TASKS = "".join(
    f"Step {n}: read the report again and write down what the board should decide about it.\n\n"
    for n in range(1, 6)
)


def _kinds(text: str) -> list[tuple[Kind, str]]:
    pieces = message_pieces(text)
    assert "".join(piece.raw for piece in pieces) == text
    return [(piece.kind, piece.raw) for piece in pieces]


@pytest.mark.parametrize(
    ("bulk", "kind"),
    [(TALK, Kind.TRANSCRIPT), (EXAMPLES, Kind.EXAMPLES), (LISTING, Kind.CODE), (LS, Kind.CODE)],
)
def test_the_bulk_is_set_apart_from_the_question_after_it(bulk: str, kind: Kind) -> None:
    question = "\nQuestion: What did they say of the cost?"
    pieces = _kinds(f"{bulk}{question}")
    assert pieces[0][0] is kind
    assert pieces[-1][0] is Kind.PROSE
    assert "What did they say of the cost?" in pieces[-1][1]


def test_what_introduces_a_transcript_stays_prose() -> None:
    assert _kinds(f"Here is our talk:\n{TALK}\nSum it up.")[0] == (Kind.PROSE, "Here is our talk:\n")


def test_where_nothing_follows_the_last_that_was_said_is_the_question() -> None:
    text = f"{TALK}Ada: So what shall we do?\nGrad B:"
    assert _kinds(text)[-1] == (Kind.PROSE, "Ada: So what shall we do?\nGrad B:")


def test_every_document_is_a_piece_and_the_question_is_none() -> None:
    pieces = _kinds(f"{DOCUMENTS}Question: which mill is the oldest?")
    assert [kind for kind, _ in pieces] == [Kind.DOCUMENT] * 5 + [Kind.PROSE]
    assert pieces[-1][1] == "Question: which mill is the oldest?"


@pytest.mark.parametrize(
    "text",
    [
        LIST_OF_TASKS,
        "Dear all,\n\n" + "The mill closed in 1904, and the village shrank after the flood came.\n\n" * 8,
        "Please do this:\n\n" + "- read the whole report and tell me what you think of it, please\n" * 9,
        "Note: read it all.\n\nNote: write it down.\n\nNote: tell me.\n\nNote: and again, with care.\n\n" * 2,
    ],
)
def test_what_the_user_writes_is_no_bulk(text: str) -> None:
    assert [kind for kind, _ in _kinds(text)] == [Kind.PROSE]


@pytest.mark.parametrize("text", [LISTING, LS])
def test_a_tool_result_of_lines_is_code(text: str) -> None:
    assert kind_of(text) is Kind.CODE


@given(
    st.lists(
        st.one_of(
            st.sampled_from([TALK, EXAMPLES, DOCUMENTS, LISTING, OUTPUT, LIST_OF_TASKS, "\n"]), any_text
        ),
        max_size=5,
    )
)
def test_the_pieces_are_an_exact_partition(parts: list[str]) -> None:
    _kinds("".join(parts))


SOURCES = [
    '''# Where insignificant space stands between the values of a text.
_SPACE = re.compile(r"[ \\t]*")
# The rules of the format: its sections 7.2 and 7.3.
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")

# Half of a character beyond the first plane: no text can hold it.
_LONE = re.compile(r"[\\ud800-\\udfff]")
def written(value: object) -> str:
    """The value as the format has it."""
    return _SPACE.sub("", str(value))
''',
    """# The front door.
upstream app {
    server 10.0.0.4:8000 max_fails=3;
}
# Who is let in.
server {
    listen 443 ssl;
    location /api/ { proxy_pass http://app; }
}
""",
    """replicas: 3
# How often a pod is asked whether it is well.
livenessProbe:
  httpGet: {path: /healthz, port: 8000}
  periodSeconds: 10
# What it may use.
resources:
  limits: {cpu: "2", memory: 4Gi}
""",
]


@pytest.mark.parametrize("text", SOURCES)
def test_a_source_with_comments_is_code_and_no_documents(text: str) -> None:
    assert [piece.kind for piece in result_pieces(text)] == [Kind.CODE]


def test_a_guide_with_code_in_it_is_no_source() -> None:
    told = (
        "Turn the valve to the left and wait until the pump has stopped.",
        "Nobody opens the lid before the lamp beside it has turned green, which takes a minute.",
        "Then the filter is drawn out by its handle, rinsed with warm water, and put back dry.",
    )
    steps = ("valve", "lid", "filter", "end")
    text = "".join(f"## The {step}\n\n{' '.join(told)}\n\n```sh\nmake {step}\n```\n\n" for step in steps)
    assert {piece.kind for piece in result_pieces(text)} == {Kind.DOCUMENT}


def test_json_lines_are_one_thing_however_short() -> None:
    lines = "".join(f'{{"id": {n}, "town": "Oslo"}}\n' for n in range(20))
    assert _kinds(f"Where does 7 live?\n{lines}\nBe brief.")[1] == (Kind.JSON, lines.rstrip())
    log = lines.replace('"town"', '"level": "info", "town"')
    assert _kinds(f"Where does 7 live?\n{log}")[1][0] is Kind.LOG


@pytest.mark.parametrize("between", ["\n", ""])
def test_a_page_of_markup_asks_nothing(between: str) -> None:
    asked = between.join(f"<dt>May I bring my dog {n}?</dt><dd>Yes.</dd>" for n in range(40))
    page = f"<!DOCTYPE html>{between}<html><body>{asked}</body></html>"
    pieces = _kinds(f"This is the source:\n\n{page}\n\nWhere do falcons travel?")
    assert [kind for kind, _ in pieces] == [Kind.PROSE, Kind.CODE, Kind.PROSE]
    assert pieces[1][1] == page


def test_json_is_found_behind_any_number_of_lines_that_begin_with_a_bracket() -> None:
    settings = "\n\n".join(f'[guest.{n}]\nname = "guest {n}"\nroom = {n}\nlate = true' for n in range(40))
    rows = json.dumps([{"room": n, "beds": [1, 2], "note": None} for n in range(40)], indent=1)
    pieces = message_pieces(f"{settings}\n\n{rows}\n\nWho sleeps in room 7?")
    assert [piece.raw for piece in pieces if piece.kind is Kind.JSON] == [rows]


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("Be kind. Here is the list of guests:", {Kind.PROSE, Kind.JSON}),
        ("Be kind. Here is an example of an answer:", {Kind.PROSE}),
        ("Be kind. Answer like so:", {Kind.PROSE}),
    ],
)
def test_instructions_hand_over_what_they_say_is_here(said: str, kinds: set[Kind]) -> None:
    rows = json.dumps([{"room": n, "beds": 2, "note": "late"} for n in range(40)])
    assert {piece.kind for piece in instruction_pieces(f"{said}\n{rows}")} == kinds


def test_markup_is_apart_from_what_stands_beside_it() -> None:
    stays = "".join(
        f"  <stay>\n    <guest>Ada {n}</guest>\n    <room>{n}</room>\n  </stay>\n" for n in range(40)
    )
    markup = f'<?xml version="1.0"?>\n<stays>\n{stays}</stays>'
    settings = "\n\n".join(f'[guest.{n}]\nname = "guest {n}"\nroom = {n}\nlate = true' for n in range(40))
    for parts in ((markup, settings), (settings, markup)):
        pieces = message_pieces("\n\n".join([*parts, "Who sleeps in room 7?"]))
        assert markup in [piece.raw.strip() for piece in pieces if piece.kind is Kind.CODE]


def test_json_of_long_words_is_json_and_no_texts() -> None:
    rows = [{"name": f"cell {n}", "image": "iVBORw0KGgo" * 60} for n in range(9)]
    assert {piece.kind for piece in result_pieces(json.dumps(rows))} == {Kind.JSON}
    told = [{"name": f"cell {n}", "text": "It was built below the weir. " * 20} for n in range(9)]
    assert Kind.DOCUMENT in {piece.kind for piece in result_pieces(json.dumps(told))}


def test_what_announces_material_between_others_stays_with_the_question() -> None:
    log = "\n".join(f"09:1{n % 6}:{n % 60:02} INFO order {1000 + n} checked, no change" for n in range(60))
    text = f"Our orders:\n```\n{log}\n```\nThe second log:\n```\n{log}\n```\nWhy is order 1027 held?"
    announcing = next(piece for piece in message_pieces(text) if "The second" in piece.raw)
    assert announcing.kind is Kind.PROSE
    assert not announcing.background


def api_description(endpoints: int) -> str:
    paths = {
        f"/v1/part{n}/{{id}}": {
            "get": {
                "summary": f"Get part {n}",
                "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": n}}],
                "responses": {"200": {"description": "OK"}, "404": {"description": "Not found"}},
            }
        }
        for n in range(endpoints)
    }
    paths["/v1/exports"] = {"get": {"responses": {"410": {"description": "Export expired"}}}}
    return json.dumps({"openapi": "3.0.0", "paths": paths}, indent=1)


@pytest.mark.parametrize("form", ["{}", "```json\n{}\n```"])
def test_the_description_of_an_api_needs_no_introduction_in_instructions(form: str) -> None:
    said = "You answer questions about what we sell."
    text = f"{said}\n\n{form.replace('{}', api_description(20))}"
    kinds = [piece.kind for piece in instruction_pieces(text) if "openapi" in piece.raw]
    assert kinds == [Kind.JSON]
    messages = [
        {"role": "system", "content": text},
        {"role": "user", "content": "What status does an expired export give?"},
    ]
    optimized, report = optimize(messages, budget_tokens=900)
    assert report.tokens_after <= 900
    assert said in str(optimized[0]["content"])
    assert "410" in str(optimized[0]["content"])


def test_a_schema_of_answers_is_an_instruction() -> None:
    schema = api_description(20).replace('"openapi"', '"$schema"')
    text = f"You extract what is sold.\n\n{schema}"
    assert [piece.kind for piece in instruction_pieces(text)] == [Kind.PROSE]


DATA = {
    "json": json.dumps([{"order": f"A-{n}", "town": "Oslo", "amount": n * 7} for n in range(100, 180)]),
    "csv": "order,town,amount\n" + "".join(f"A-{n},Oslo,{n * 7}\n" for n in range(100, 280)),
    "log": "".join(f"2026-03-01T10:{n % 60:02}:00Z INFO order A-{n} was paid\n" for n in range(100, 180)),
}


@pytest.mark.parametrize("form", DATA)
def test_data_in_a_system_text_are_material_without_an_introduction(form: str) -> None:
    pieces = instruction_pieces(f"You help our staff. Be brief.\n\n{DATA[form]}")
    assert pieces[0].kind is Kind.PROSE
    assert pieces[0].raw.startswith("You help our staff. Be brief.")
    assert sum(len(piece.raw) for piece in pieces if piece.kind is not Kind.PROSE) > 0.9 * len(DATA[form])


@pytest.mark.parametrize(
    "listed",
    [
        json.dumps(
            [{"rule": f"Never tell anybody the code {n}. Always ask for the name first."} for n in range(60)]
        ),
        json.dumps([{"input": f"{n} + {n}", "output": f"{2 * n}"} for n in range(100)]),
    ],
)
def test_rules_and_examples_in_a_system_text_are_none(listed: str) -> None:
    pieces = instruction_pieces(f"You help our staff. Be brief.\n\n{listed}")
    assert [piece.kind for piece in pieces] == [Kind.PROSE]


@pytest.mark.parametrize("question", ["Which order is the last?", "Who is Ada?"])
def test_values_in_brackets_are_told_by_nobody(question: str) -> None:
    shown = ", ".join(f"{{'id': {n}, 'town': 'Oslo', 'paid': True}}" for n in range(100, 180))
    pieces = message_pieces(f"[{shown}]\n\n{question}")
    assert pieces[0].kind is not Kind.PROSE
    assert pieces[-1].raw.endswith(question)
