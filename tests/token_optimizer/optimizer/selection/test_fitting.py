"""The whole pipeline over prompts that are over their hard budget."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import LOG, ROWS, anthropic_body, openai_body
from tests.token_optimizer.optimizer.embedded.test_content import (
    DOCUMENTS,
    EXAMPLES,
    LISTING,
    OUTPUT,
    TALK,
)
from tests.token_optimizer.optimizer.stages.test_every_stage import context_of, prompt_of
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.models import Dialect, OptimizationResult
from token_optimizer.optimizer.contract.trace import Ledger
from token_optimizer.optimizer.pipeline import optimize_body, run_stages
from token_optimizer.optimizer.validate import structure_faults

BALANCED = OptimizerConfig.preset("balanced")


def _chat(messages: int, words: str) -> list[dict[str, Any]]:
    roles = ("user", "assistant")
    return [
        {"role": roles[n % 2], "content": f"{words} Number {n} of them stood in hut_{n} until {1900 + n}."}
        for n in range(messages)
    ]


def _run(bulk: str, question: str) -> dict[str, Any]:
    return {"messages": [*_chat(20, "The mill is old."), {"role": "user", "content": f"{bulk}\n{question}"}]}


BODIES: dict[str, tuple[dict[str, Any], Dialect]] = {
    "openai": (openai_body(), "openai"),
    "anthropic": (anthropic_body(), "anthropic"),
    "talk": (_run(TALK, "What did Ada say of the cost?"), "openai"),
    "examples": (_run(EXAMPLES, "Question: and with 40 apples?"), "openai"),
    "documents": (_run(DOCUMENTS, "Question: what is mill 3?"), "openai"),
    "listing": (_run(LISTING * 3, "What does value_3 read?"), "openai"),
    "output": (_run(OUTPUT, "Is part5 there?"), "openai"),
    "rows and log": (_run(f"{ROWS}\n\n{LOG}", "Why was the lease of shard 19 lost?"), "openai"),
}


def _optimized(body: dict[str, Any], dialect: Dialect, budget: int) -> OptimizationResult:
    return optimize_body(copy.deepcopy(body), dialect, config=BALANCED, budget_tokens=budget)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("share", [0.02, 0.2, 0.4, 0.6, 0.8])
def test_a_hard_budget_is_met_or_said_and_a_second_run_changes_nothing(name: str, share: float) -> None:
    body, dialect = BODIES[name]
    whole = optimize_body(copy.deepcopy(body), dialect, config=BALANCED).stats.tokens_before
    budget = max(1, int(share * whole))
    result = _optimized(body, dialect, budget)
    assert (result.stats.tokens_after <= budget) == (result.stats.over_budget == "")
    assert share < 0.1 or result.stats.over_budget == ""
    assert structure_faults(result.body, dialect) <= structure_faults(body, dialect)
    assert result.body["messages"][-1]["role"] == body["messages"][-1]["role"]
    assert _optimized(body, dialect, budget).body == result.body
    if "tools" not in body:
        sent, _ = optimize(body["messages"], config=BALANCED, budget_tokens=budget)
        assert optimize(sent, config=BALANCED, budget_tokens=budget)[0] == sent


@pytest.mark.parametrize("name", ["talk", "examples", "documents", "listing", "output"])
def test_the_question_stays_word_for_word(name: str) -> None:
    body, dialect = BODIES[name]
    question = body["messages"][-1]["content"].rsplit("\n", 1)[1]
    sent = _optimized(body, dialect, 250).body["messages"]
    assert sent[-1]["content"].endswith(question)
    assert any("left out]" in message["content"] for message in sent)


def test_what_the_question_asks_about_stays_from_an_old_turn() -> None:
    messages = _chat(60, "We walked along the coast and talked about nothing that mattered to us.")
    messages[9]["content"] = "The doctor's name was Hedwig Blum, and her practice lies in Chur."
    messages.append({"role": "user", "content": "What was the name of the doctor with the practice?"})
    sent = _optimized({"messages": messages}, "openai", 400).body["messages"]
    assert "Hedwig Blum, and her practice lies in Chur." in json.dumps(sent)


def test_a_kept_passage_of_a_document_has_its_title() -> None:
    documents = [
        {"title": f"Hut {n}", "text": f"It has {n + 2} beds. " + "The path is long and steep there. " * 9}
        for n in range(12)
    ]
    documents[7]["text"] += "The warden of this hut is called Ursina."
    body = {"messages": [{"role": "user", "content": "Who is the warden?"}]}
    result = optimize_body(body, "openai", config=BALANCED, documents=documents, budget_tokens=150)
    text = result.body["messages"][0]["content"]
    assert "The warden of this hut is called Ursina." in text
    assert "[8] Hut 7\n" in text
    assert "documents left out]" in text
    assert result.stats.over_budget == ""


@pytest.mark.parametrize("head", ["## Of {}", "ON {} AND MORE"])
def test_the_sections_of_a_text_that_go_are_called_so(head: str) -> None:
    told = "The path is long and steep there, and few people take it in winter or in spring. " * 4
    topics = ("huts", "trails", "lakes", "guides", "maps", "weather", "food")
    sections = [f"{head.format(topic.upper())}\n{told}" for topic in topics]
    sections[4] += "The maps are printed in Bern."
    prompt = [{"role": "user", "content": "\n\n".join([*sections, "Where are the maps printed?"])}]
    text = optimize(prompt, budget_tokens=200)[0][0]["content"]
    assert "The maps are printed in Bern." in text
    assert re.search(r"\[… \d sections? left out\]", text)


@pytest.mark.parametrize("form", ["<item>\n<head>{}</head>\n{}\n</item>", "{}\n{}\n"])
def test_a_short_document_is_found_by_its_title(form: str) -> None:
    told = "A racing crew of the lower villages won nothing that year, since the water froze in October. "
    texts = [(f"Sheet {n}", f"In the spring of {1800 + n} it rained. " + told * 4) for n in range(14)]
    texts[5] = (
        "Great harbour race (1931)",
        "The cup went to Ida Quell of Tromso. The wind had been slight for days on end.",
    )
    material = "\n".join(form.format(*text) for text in texts)
    messages = [
        {"role": "user", "content": f"{material}\n\nQuestion: who won the great harbour race of 1931"}
    ]
    whole = optimize_body({"messages": messages}, "openai", config=BALANCED).stats.tokens_before
    result = _optimized({"messages": messages}, "openai", int(0.3 * whole))
    assert "The cup went to Ida Quell" in result.body["messages"][0]["content"]


def test_every_name_that_was_spoken_stays_before_any_is_kept_twice() -> None:
    messages = [{"role": "user", "content": "Fix the bug in the parser, please."}]
    for n in range(8):
        messages.append(
            {"role": "assistant", "content": f"I open the file next.\n```\nopen src/part_{n}.py\n```"}
        )
        messages.append({"role": "user", "content": LISTING.replace("/app/fields.py", f"src/part_{n}.py")})
    messages.append({"role": "user", "content": "Go on."})
    sent = json.dumps(_optimized({"messages": messages}, "openai", 700).body["messages"])
    assert all(f"src/part_{n}.py" in sent for n in range(8))


def _agents_run(task: str) -> list[dict[str, Any]]:
    """An agent at work on the task, with its commands in its text."""
    messages = [{"role": "user", "content": task}]
    for n in range(5):
        lines = [
            f"{at}:    berth_{n}_{at} = dock_{at}(pier_{n * 40 + at}, tide_{at % 7})" for at in range(1, 30)
        ]
        command = f"I open the file next.\n```\nopen src/part_{n}.py\n```"
        messages.append({"role": "assistant", "content": command})
        messages.append({"role": "user", "content": "\n".join([*lines, "bash-$"])})
    return messages


def test_code_that_a_user_shows_stays_with_what_he_tells_about_it() -> None:
    told = " ".join(f"Harbour {n} loses {n * 13 % 50} boats a year to the tide." for n in range(24))
    code = "\n".join(f"    a = b + {n}\n    if a > c:\n        print(a, b, c)" for n in range(5))
    task = f"{told}\n\n```python\n{code}\n```\n\nThe last of these is wrong.\nbash-$"
    sent = _optimized({"messages": _agents_run(task)}, "openai", 1_100).body["messages"]
    assert sent[0]["content"] == task


def test_orders_of_turns_that_are_gone_stay_in_force() -> None:
    messages = _chat(40, "We walked along the coast.")
    messages[2]["content"] = "You MUST answer in German."
    messages.append({"role": "user", "content": "What now?"})
    result = _optimized({"messages": messages}, "openai", 300)
    assert "You MUST answer in German." in json.dumps(result.body["messages"])
    assert result.stats.fallback_used is False


def test_an_order_stays_where_other_sentences_of_an_old_turn_go() -> None:
    told = [f"In week {week} the hut by shore {week} had a stove and a bed for two." for week in range(60)]
    told[20] = "You MUST call me Ada."
    told[40] = "The ferry Aurora sank off the northern pier in a storm."
    messages = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Of course."},
        {"role": "user", "content": " ".join(told)},
        {"role": "assistant", "content": "Yes, Ada."},
        {"role": "user", "content": "Where did the ferry Aurora sink?"},
    ]
    config = OptimizerConfig.preset("balanced", keep_last_n_turns=0, enable_compression=False)
    result = optimize_body({"messages": messages}, "openai", config=config, budget_tokens=200)
    sent = json.dumps(result.body)
    assert (result.stats.fallback_reason, result.stats.over_budget) == ("", "")
    assert "You MUST call me Ada." in sent
    assert told[40] in sent
    assert "left out]" in sent


def _errands(count: int) -> list[dict[str, Any]]:
    """Turns of a user who is answered at length, from what a tool found."""
    turns: list[dict[str, Any]] = []
    for n in range(count):
        found = json.dumps(
            [{"shop": f"shop {n}.{row}", "street": f"Lane {row}", "open": 7 + n} for row in range(9)]
        )
        function = {"name": "find_shops", "arguments": json.dumps({"errand": n})}
        call = {"id": f"call_{n}", "type": "function", "function": function}
        answer = " ".join(f"Shop {n}.{row} in lane {row} has it in stock." for row in range(9))
        turns += [
            {"role": "user", "content": f"Errand {n} is a gift, so wrap it in blue. My aunt will not mind."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"call_{n}", "content": found},
            {"role": "assistant", "content": answer},
        ]
    return turns


def test_what_the_user_said_goes_after_all_answers_and_results() -> None:
    messages = [*_errands(9), {"role": "user", "content": "Which shop comes first?"}]
    whole = optimize_body({"messages": messages}, "openai", config=BALANCED).stats.tokens_before
    result = _optimized({"messages": messages}, "openai", int(0.3 * whole))
    sent = "\n".join(message["content"] or "" for message in result.body["messages"])
    said = [message["content"] for message in messages if message["role"] == "user"]
    places = [sent.find(words) for words in said]
    assert -1 not in places
    assert places == sorted(places)
    assert "older messages left out; the user said in them:]\n" + said[0] in sent
    assert result.stats.over_budget == result.stats.fallback_reason == ""


def test_words_of_the_user_that_fill_the_room_are_chosen_by_what_is_asked() -> None:
    messages = _chat(
        40, "I walked along the coast, and the wind turned twice before the harbour came in sight."
    )
    messages[8]["content"] = "My boat is called Seeschwalbe, and it lies in Husum."
    messages.append({"role": "user", "content": "What is my boat called?"})
    sent = json.dumps(_optimized({"messages": messages}, "openai", 300).body["messages"])
    assert "My boat is called Seeschwalbe" in sent
    assert "hut_0" not in sent


def test_a_part_of_what_the_user_said_follows_the_marker_and_opens_no_turn() -> None:
    messages = _chat(40, "I walked along the coast, and the wind turned before the harbour came in sight.")
    walks = " ".join(f"It rained for {n} hours, and the sheep did not mind." for n in range(2, 30))
    messages[8]["content"] = f"My boat is called Seeschwalbe. {walks}"
    messages[9]["content"] = "The farmer sheared them all in May, sold the wool in June, and rested in July."
    messages.append({"role": "user", "content": "What is my boat called?"})
    [sent] = _optimized({"messages": messages}, "openai", 70).body["messages"]
    said = "[40 older messages left out; the user said in them:]\nMy boat is called Seeschwalbe.\n"
    assert sent["content"] == f"{said}\nWhat is my boat called?"


def test_with_handles_shown_every_marker_has_its_own_and_the_budget_holds() -> None:
    prompt = prompt_of(openai_body(), "openai")
    context = replace(context_of(prompt, 0.2), show_handles=True)
    after = run_stages(prompt, context, Ledger())
    words = [block.content[one.start : one.end] for block in after.blocks for one in block.markers]
    shown = [int(found[1]) for text in words if (found := re.search(r" #(\d{6})\]$", text))]
    handles = [one.handle for block in after.blocks for one in block.markers if one.handle]
    assert shown == handles
    assert len(set(handles)) == len(handles) > 1
    assert context.tokens_over(after) <= 0


def test_words_of_the_task_that_all_examples_have_make_none_of_them_needed() -> None:
    people = (
        "Nora Hill",
        "Peter Aldo",
        "Ada Sato",
        "Marc Low",
        "Julia Roth",
        "Ines Vane",
        "Bo Frank",
        "Ola Ito",
    )
    examples = "\n\n".join(
        f"Text: {name} came to the town by train and stayed there for year {number}.\n"
        f'Entities: [{{"type": "PER", "text": "{name}"}}]'
        for number, name in enumerate(people)
    )
    task = "Extract the entities of type PER from the text as JSON, as in the examples."
    prompt = f"{task}\n\n{examples}\n\nText: Eva Lind left the town.\nEntities:"
    _, stats = optimize([{"role": "user", "content": prompt}])
    assert stats.tokens_after < 0.75 * stats.tokens_before


def test_references_that_a_cut_undoes_take_no_room_of_a_budget() -> None:
    bodies = [
        f"Hello {name},\n\n"
        + "".join(f"the crate {n} of {name} stands in hall {n + at}.\n" for n in range(9))
        for at, name in enumerate(("Ann", "Joe", "Bo", "Ida"))
    ]
    thread, quoted = [], ""
    for at, body in enumerate(bodies):
        head = f"From: p{at}@peak.example\nDate: Thu, {at + 1} Oct 2026 10:00\nSubject: The crates\n\n"
        written = f"\nOn Thu, {at} Oct 2026 10:00, p{at - 1}@peak.example wrote:\n{quoted}" if quoted else ""
        thread.append(f"{head}{body}{written}")
        quoted = "".join(f"> {line}\n" for line in f"{body}{written}".splitlines())
    prompt = [{"role": "user", "content": "Summarise this thread.\n\n" + "\n".join(thread)}]
    _, stats = optimize(prompt, config=BALANCED, budget_tokens=500)
    assert 400 < stats.tokens_after <= 500


def test_the_function_that_is_named_stays_in_a_file_that_an_agent_reads() -> None:
    functions = [
        f"func (s *Store) Handler{n}(id int) (*Item, error) {{\n\tvar it Item\n\terr := s.scan(id, &it)\n"
        f'\tif err != nil {{\n\t\treturn nil, fmt.Errorf("handler {n}: %w", err)\n\t}}\n'
        "\treturn &it, nil\n}\n\n"
        for n in range(60)
    ]
    function = {"name": "Bash", "arguments": '{"command": "cat store.go"}'}
    call = {"id": "c", "type": "function", "function": function}
    messages = [
        {"role": "user", "content": "Handler41 returns the wrong error text. Fix it."},
        {"role": "assistant", "content": "I look at Handler41 in store.go.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": f"package store\n\n{''.join(functions)}"},
    ]
    whole = _optimized({"messages": messages}, "openai", 10**9).stats.tokens_before
    sent = _optimized({"messages": messages}, "openai", whole // 2).body["messages"][-1]["content"]
    assert functions[41].strip() in sent
