"""The stage `target`: what goes towards the soft target, and what stays whatever the target says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.token_optimizer.optimizer.stories import story, talk
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.models import BlockFate, OptimizationStats

BALANCED = OptimizerConfig.preset("balanced", enable_compression=False)
QUESTION = "Who painted the lighthouse at Sandnes?"
ANSWER = "The lighthouse at Sandnes was painted by Ragnhild Moe in the spring of 1931."
Messages = list[dict[str, Any]]


def documents(count: int = 10, answer: str = ANSWER) -> Messages:
    """Documents of which the fourth answers the question."""
    texts = [story(number, 40) for number in range(count)]
    texts[3] = f"{texts[3]} {answer}"
    material = "\n\n".join(f"[{number + 1}] Tale {number}\n{text}" for number, text in enumerate(texts))
    return [{"role": "user", "content": f"{material}\n\nQuestion: {QUESTION}"}]


def fates(stats: OptimizationStats, stage: str = "target") -> list[BlockFate]:
    return [block for block in stats.blocks if block.stage == stage]


def test_it_works() -> None:
    sent, stats = optimize(documents(), config=BALANCED)
    assert 0.4 < 1 - stats.compression_ratio < 0.6
    assert ANSWER in sent[0]["content"]
    assert sent[0]["content"].endswith(QUESTION)
    assert "left out]" in sent[0]["content"]


def test_the_trace_says_worth_and_floor_and_what_a_further_cut_would_save() -> None:
    # What was sent before is not weighed again.
    _, stats = optimize(documents(), config=replace(BALANCED, api_key="for-the-first-time"))
    worths = [block.worth for block in stats.blocks if block.worth is not None]
    assert len(worths) == 10
    assert max(worths, key=lambda worth: worth.kept).kept > worths[0].floor
    told = fates(stats)[0].as_dict()["worth"]
    assert set(told) == {"kept", "floor", "spare_tokens"}


def test_what_is_no_longer_than_two_markers_is_neither_cut_nor_weighed() -> None:
    chat: Messages = [
        {"role": ("user", "assistant")[number % 2], "content": f"The boat {number} came home."}
        for number in range(200)
    ]
    messages = [*chat, *documents()]
    sent, stats = optimize(messages, config=BALANCED)
    assert stats.compression_ratio < 0.8
    assert sent[:200] == chat
    assert all(block.worth is None and block.utility is None for block in stats.blocks[:200])


def test_what_is_worth_the_floor_stays_whatever_the_target_says() -> None:
    named = [
        f"At Sandnes the lighthouse was painted for time {number} in 19{number:02d}."
        for number in range(10, 90)
    ]
    messages: Messages = [
        {"role": "user", "content": f"Article:\n\n{' '.join(named)}\n\nQuestion: {QUESTION}"}
    ]
    config = OptimizerConfig.preset("balanced", target_reduction=0.9, enable_compression=False)
    _, stats = optimize(messages, config=config)
    assert stats.compression_ratio > 0.8


@pytest.mark.parametrize(
    "question", ["Summarize all of this.", "Translate the tales into Danish.", "I will ask about it later."]
)
def test_a_task_over_all_of_the_text_leaves_all_of_it(question: str) -> None:
    messages = [{"role": "user", "content": documents()[0]["content"].replace(QUESTION, question)}]
    assert optimize(messages, config=BALANCED)[0] == messages


def test_where_no_word_of_the_question_stands_nothing_goes() -> None:
    messages = [{"role": "user", "content": documents()[0]["content"].replace(QUESTION, "Which zebu won?")}]
    assert optimize(messages, config=BALANCED)[0] == messages


def test_the_words_of_the_user_stay_and_the_answers_go() -> None:
    own = [
        f"My boat number {number} lies at pier {number * 3}, and I paid {number + 40} crowns."
        for number in range(6)
    ]
    messages: Messages = []
    for number, text in enumerate(own):
        messages += [{"role": "user", "content": text}, {"role": "assistant", "content": story(number, 40)}]
    messages += talk(turns=4, question="Which boat of mine lies at pier 12?")
    sent, stats = optimize(messages, config=BALANCED)
    assert stats.compression_ratio < 0.65
    assert [message["content"] for message in sent if message["content"] in own] == own
    assert [message["role"] for message in sent] == [message["role"] for message in messages]


def test_code_in_a_chat_makes_no_agent_of_it() -> None:
    snippet = "```python\n" + "\n".join(f"value_{n} = fetch({n})" for n in range(20)) + "\n```"
    messages = talk(turns=12, question="What did Ragnhild say of the lighthouse?")
    messages[0] = {"role": "user", "content": f"This is what I run:\n\n{snippet}"}
    messages[3] = {"role": "assistant", "content": f"{story(1, 60)} Ragnhild said the lighthouse leans."}
    sent, stats = optimize(messages, config=BALANCED)
    assert fates(stats)
    assert "Ragnhild said the lighthouse leans." in sent[3]["content"]
    assert snippet in sent[0]["content"]


def rows(count: int = 200) -> list[dict[str, Any]]:
    return [
        {"code": 7_000 + at, "town": f"Town {at}", "people": 37 * at, "note": f"seen {at}"}
        for at in range(count)
    ]


def lookup(question: str) -> Messages:
    return [
        {"role": "user", "content": question},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "towns", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps(rows())},
    ]


def cut_rows(messages: Sequence[Any]) -> str:
    return str(optimize(messages, config=BALANCED)[0][2]["content"])


def test_the_row_that_is_asked_for_stays() -> None:
    sent = cut_rows(lookup("How many people live in the town with the code 7120?"))
    assert "7120" in sent
    assert "4440" in sent
    assert "left out" in sent


@pytest.mark.parametrize(
    "question", ["How many people live in all towns on average?", "Which towns have more than 3000 people?"]
)
def test_what_all_rows_tell_together_is_told_by_all_of_them(question: str) -> None:
    sent = cut_rows(lookup(question))
    assert "left out" not in sent
    assert all(f"Town {at}" in sent for at in range(200))


def pasted(question: str, lines: str) -> str:
    messages = [{"role": "user", "content": f"Our export:\n\n{lines}\n\n{question}"}]
    return str(optimize(messages, config=BALANCED)[0][0]["content"])


def test_of_a_table_the_row_that_is_asked_for_stays_below_its_head() -> None:
    lines = "\n".join(",".join(map(str, row.values())) for row in rows())
    sent = pasted("Who has seen Town 120, and what is its code?", f"code,town,people,note\n{lines}")
    assert "code,town,people,note\n" in sent
    assert "7120,Town 120,4440,seen 120\n" in sent
    assert sent.count("\n") < 130
    assert "left out" not in pasted("Which town has the most people?", f"code,town,people,note\n{lines}")


@pytest.mark.parametrize("form", ["{a}\n\n{b}", "<orders>\n{a}\n</orders>\n<hosts>\n{b}\n</hosts>"])
def test_of_two_tables_each_is_cut_to_the_row_that_is_asked_for(form: str) -> None:
    orders = "".join(
        f"{n},cust-{n % 9},{'refunded' if n == 1041 else 'shipped'}\n" for n in range(1000, 1120)
    )
    hosts = "".join(f"| node-{n} | {n % 90}% | {'draining' if n == 23 else 'ready'} |\n" for n in range(80))
    text = form.format(
        a=f"order,customer,status\n{orders}", b=f"| host | cpu | state |\n|---|---|---|\n{hosts}"
    )
    messages = [
        {"role": "user", "content": f"{text}\n\nWhich order was refunded, and which host is draining?"}
    ]
    sent, stats = optimize(messages)

    assert stats.tokens_after < 0.65 * stats.tokens_before
    assert "1041,cust-6,refunded\n" in sent[0]["content"]
    assert "| node-23 | 23% | draining |\n" in sent[0]["content"]


def test_of_records_in_several_lines_the_one_that_is_asked_for_stays_whole() -> None:
    lines = "\n".join(f"  - town: Town {at}\n    people: {37 * at}\n    mayor: M{at}" for at in range(300))
    sent = pasted("Who is the mayor of Town 120?", f"towns:\n{lines}")
    assert "  - town: Town 120\n    people: 4440\n    mayor: M120\n" in sent
    assert sent.count("\n") < 600


def test_long_json_goes_below_the_target_and_short_json_does_not() -> None:
    question = "How many people live in the town with the code 7120?"
    few = [*lookup(question)[:2], {**lookup(question)[2], "content": json.dumps(rows(40))}]
    assert optimize(lookup(question), config=BALANCED)[1].compression_ratio < 0.35
    assert "left out" not in cut_rows(few)


def test_json_that_nothing_is_asked_of_stays_whole() -> None:
    sent = cut_rows(lookup("Load the data; I will ask about individual values later."))
    assert "left out" not in sent
    assert all(f"Town {at}" in sent for at in range(200))


def test_an_agent_at_work_loses_nothing_here() -> None:
    messages = lookup("How many people live in the town with the code 7120?")
    again = [
        message | {"tool_call_id": "c2"} if message["role"] == "tool" else message for message in messages[1:]
    ]
    again[0] = {**again[0], "tool_calls": [{**again[0]["tool_calls"][0], "id": "c2"}]}
    _, stats = optimize([*messages, *again], config=BALANCED)
    assert not fates(stats)


def test_the_next_turn_sends_the_same_bytes() -> None:
    config = OptimizerConfig.preset("balanced", enable_compression=False, api_key="a-turn-later")
    first, _ = optimize(documents(), config=config)
    later = [
        *documents(),
        {"role": "assistant", "content": "Ragnhild Moe."},
        {"role": "user", "content": "When?"},
    ]
    assert optimize(later, config=config)[0][0] == first[0]


@pytest.mark.parametrize("task", ["Translate this into German.", "Convert it to HTML."])
def test_of_what_is_to_be_made_into_something_else_no_sentence_goes(task: str) -> None:
    spoken = "\n".join(f"[00:{number:02d}:00] Ada: {story(number, 6)}" for number in range(40))
    messages: Messages = [{"role": "user", "content": f"{task}\n\n{spoken}"}]
    sent, stats = optimize(messages, config=OptimizerConfig.preset("balanced"))
    assert stats.tokens_before > 2_000
    assert sent == messages


MARKDOWN = "| id | guest | town |\n|---|---|---|\n" + "".join(
    f"| {number} | Ada{number * 7919} | Oslo |\n" for number in range(100, 260)
)
DIFF = "".join(
    f"diff --git a/{name}.py b/{name}.py\n--- a/{name}.py\n+++ b/{name}.py\n@@ -4,9 +4,9 @@ def run():\n"
    + "".join(f"     {name}_{at} = find({at})\n" for at in range(12))
    + f"-    {name}_wait = {len(name)}\n+    {name}_wait = {len(name) + 40}\n"
    for name in ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jetty"]
)


@pytest.mark.parametrize("budget", [None, 0.4])
@pytest.mark.parametrize(
    ("text", "question", "wanted"),
    [
        (MARKDOWN, "Which guest has the id 177?", ["| id | guest | town |\n|---|---|---|\n", "| 177 | Ada"]),
        (
            DIFF,
            "What is the new value of cedar_wait in cedar.py?",
            [DIFF[DIFF.index("diff --git a/cedar") :][:200]],
        ),
    ],
)
def test_of_tables_and_changes_what_is_asked_for_stays_below_its_head(
    text: str, question: str, wanted: Sequence[str], budget: float | None
) -> None:
    messages: Messages = [{"role": "user", "content": f"{text}\n{question}"}]
    tokens = optimize(messages, config=BALANCED)[1].tokens_before
    sent, stats = optimize(messages, config=BALANCED, budget_tokens=budget and int(budget * tokens))
    assert stats.compression_ratio < 0.7
    assert all(part in sent[0]["content"] for part in wanted)
    assert "lines left out]" in sent[0]["content"]


@pytest.mark.parametrize(
    ("question", "is_cut"),
    [
        ("tell me what sieve_grain returns", True),
        ("Was gibt sieve_grain zurück?", True),
        ("sieve_grain", False),
        ("Please rewrite sieve_grain.", False),
    ],
)
def test_of_several_files_bodies_go_that_a_question_leaves_aside(question: str, is_cut: bool) -> None:
    def function(name: str) -> str:
        return (
            f"def {name}(sack):\n" + "".join(f"    {name}_{at} = sack + {at}\n" for at in range(6)) + "\n\n"
        )

    works = ["fill", "weigh", "mill", "sieve", "load", "sell"]
    files = {
        name: "".join(function(f"{work}_{name}") for work in works) for name in ["sack", "grain", "flour"]
    }
    text = "\n\n".join(f"src/{name}.py\n```python\n{code}```" for name, code in files.items())
    sent, stats = optimize([{"role": "user", "content": f"{text}\n\n{question}"}], config=BALANCED)
    assert function("sieve_grain").strip() in sent[0]["content"]
    assert (stats.compression_ratio < 0.7) is is_cut
    left_out = [code for code in files.values() if code not in sent[0]["content"]]
    assert len(left_out) >= 2 * is_cut
    assert all(f"def {work}_{name}(sack):" in sent[0]["content"] for name in files for work in works)


def test_over_a_hard_budget_a_function_that_is_named_stays_whole() -> None:
    def function(name: str) -> str:
        told = "".join(f"    if sack[{at}] > limit:\n        return {at}\n" for at in range(4))
        return f"def {name}(sack, limit):\n{told}    raise ValueError(limit)\n\n"

    names = [
        f"{work}_{what}" for work in ["fill", "weigh", "mill", "sieve"] for what in ["rye", "oats", "corn"]
    ]
    text = "".join(map(function, names))
    question = "What does sieve_oats return?"
    messages: Messages = [{"role": "user", "content": f"{question}\n\n{text}"}]
    tokens = optimize(messages, config=BALANCED)[1].tokens_before
    sent, stats = optimize(messages, config=BALANCED, budget_tokens=int(0.4 * tokens))
    assert stats.tokens_after <= 0.4 * tokens
    assert function("sieve_oats").rstrip() in sent[0]["content"]


def test_words_that_all_passages_have_keep_none_in_a_language_without_known_function_words() -> None:
    towns = ("Sulina", "Mangalia", "Tuzla", "Midia", "Gura", "Cardon")
    told = [
        f"Farul de la {towns[n % 6]} a fost ridicat de meșteri în anul {1700 + n} lângă malul de la nord."
        for n in range(120)
    ]
    told[70] = "Farul de la Sandnes a fost vopsit de Ragnhild Moe în primăvara aceea."
    messages = [{"role": "user", "content": f"{' '.join(told)}\n\nCine a vopsit farul de la Sandnes?"}]
    sent, stats = optimize(messages, config=BALANCED)
    assert stats.compression_ratio < 0.6
    assert told[70] in sent[0]["content"]


@pytest.mark.parametrize(
    ("lead", "asked"),
    [("", QUESTION), ("Here are the documents:\n\n", QUESTION[0].lower() + QUESTION[1:].rstrip("?"))],
)
def test_what_is_handed_in_later_is_cut_by_the_question_asked_before(lead: str, asked: str) -> None:
    told = [story(number, 60) for number in range(12)]
    chat: Messages = [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": "Please paste the tales."},
        {"role": "user", "content": lead + "\n\n".join([*told[:6], ANSWER, *told[6:]])},
    ]
    sent, stats = optimize(chat, config=BALANCED)
    assert stats.compression_ratio < 0.7
    assert ANSWER in sent[2]["content"]


def test_the_words_of_the_question_may_stand_in_the_titles_of_texts_in_json() -> None:
    issues = [{"title": f"Matter {n}", "body": story(n, 40)} for n in range(16)]
    issues[5]["title"] = "Paint of the lighthouse at Sandnes"
    messages = [{"role": "user", "content": f"{json.dumps(issues)}\n\nWhich matter is about Sandnes?"}]
    sent, stats = optimize(messages, config=BALANCED)
    assert stats.compression_ratio < 0.7
    assert issues[5]["title"] in sent[0]["content"]


@pytest.mark.parametrize(("names", "most"), [(("User", "Assistant"), 0.6), (("Ida", "Tor"), 0.85)])
def test_of_a_conversation_with_an_assistant_as_much_goes_as_of_messages(
    names: tuple[str, str], most: float
) -> None:
    told = [story(number, 60) for number in range(40)]
    told[21] = f"My lighthouse is at Sandnes, by the way, and it is red. {story(21, 60)}"
    said = "\n\n".join(f"**{names[number % 2]}:** {text}" for number, text in enumerate(told))
    messages: Messages = [
        {"role": "user", "content": f"{said}\n\nWhich colour has my lighthouse, did I say?"}
    ]
    sent, stats = optimize(messages, config=BALANCED)
    assert most - 0.15 < stats.compression_ratio < most
    assert "it is red" in sent[0]["content"]
