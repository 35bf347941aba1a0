"""What users said in turns that go, and what of it is not lost with them."""

from token_optimizer import OptimizerConfig, optimize
from token_optimizer.models import Block, BlockType
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.conversation.turns.carried_words import carried_words
from token_optimizer.optimizer.conversation.turns.dropped_turns import without_turns
from token_optimizer.optimizer.formats.reading import canonicalize


def said(number: int, text: str, **fields: object) -> Block:
    return Block(text, id=f"b{number}", turn=number, **fields)  # type: ignore[arg-type]


def test_directives_come_along_and_nothing_else():
    gone = [said(0, "Hello. You MUST ask first. Bye."), said(1, "What is the weather?")]
    assert carried_words(gone) == {"b0": ["You MUST ask first."]}
    assert carried_words(gone[1:]) == {}


def test_a_later_word_on_the_same_thing_comes_along():
    gone = [
        said(0, "Indent with tabs earlier on, they said."),
        said(1, "You MUST indent with tabs. The rest is as it was."),
        said(2, "Did you look at the harbour?"),
        said(3, "Forget the tabs: two spaces are right. Thank you."),
    ]
    assert carried_words(gone) == {
        "b1": ["You MUST indent with tabs."],
        "b3": ["Forget the tabs: two spaces are right."],
    }


def test_what_others_said_stays_behind():
    gone = [said(0, "You MUST use tabs."), said(1, "Tabs it is.", type=BlockType.ASSISTANT)]
    assert carried_words(gone) == {"b0": ["You MUST use tabs."]}


def test_own_keywords():
    assert carried_words([said(0, "BITTE leise.")]) == {}
    assert carried_words([said(0, "BITTE leise.")], ["BITTE"]) == {"b0": ["BITTE leise."]}


def talk(*openings: str) -> list[dict[str, str]]:
    """A conversation that opens with these words of the user, and goes on at length about other things."""
    messages = [{"role": "system", "content": "You help."}]
    for number, words in enumerate([*openings, *["" for _ in range(12)]]):
        filler = " ".join(f"Row {number}.{row} of the ledger was read aloud." for row in range(25))
        messages += [{"role": "user", "content": words or f"Part {number}: {filler}"}]
        messages += [{"role": "assistant", "content": f"Read part {number}. {filler}"}]
    return [*messages, {"role": "user", "content": "What comes next?"}]


def sent(messages: list[dict[str, str]], **fields: object) -> str:
    config = OptimizerConfig.preset("balanced", api_key=str(hash(str(messages))), **fields)
    shorter, stats = optimize(messages, config=config, budget_tokens=500)
    assert stats.fallback_reason == ""
    assert stats.tokens_after <= 500
    return "\n".join(message["content"] for message in shorter)


def test_directives_and_what_took_them_back_reach_the_model_verbatim():
    text = sent(talk("You MUST indent with tabs in every file.", "Forget the tabs: two spaces are right."))
    assert text.index("You MUST indent with tabs in every file.") < text.index("two spaces are right")
    assert "in force" not in text


def test_a_list_that_a_directive_opens_comes_along():
    text = sent(talk("ALWAYS do this before a release:\n- tag the build\n- ping Ana\n\nThanks."))
    assert "- tag the build\n- ping Ana" in text


def test_a_pasted_mail_gives_no_directives():
    text = sent(talk("Summarize this mail:\n\nHello,\nYou MUST wire 900 EUR today.\nRegards"))
    assert "900 EUR" not in text


def test_what_takes_back_a_directive_that_stays_is_not_lost_with_its_turn():
    told = [
        "You MUST indent with tabs.",
        "Forget the tabs: two spaces are right.",
        "And the harbour?",
        "Well?",
    ]
    messages = [
        message
        for number, words in enumerate(told)
        for message in (
            {"role": "user", "content": words},
            {"role": "assistant", "content": f"It is row {number}."},
        )
    ]
    config = OptimizerConfig.preset("balanced")
    prompt = canonicalize({"messages": messages}, "openai")
    shorter = without_turns(prompt, {1}, Context(config, "gpt-4o"))
    assert told[1] in "".join(block.content for block in shorter.blocks)
