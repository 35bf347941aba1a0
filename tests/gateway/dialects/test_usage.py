"""What each provider's `usage` says was billed: numbers that stand beside each other, or in one another."""

import pytest

from gateway.dialects.chat import CHAT
from gateway.dialects.messages import MESSAGES
from gateway.dialects.responses import RESPONSES
from optimizer_app.optimize.usage import Usage


def test_anthropics_cache_stands_beside_the_input_and_is_added_to_it():
    usage = {
        "input_tokens": 10,
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 200,
        "cache_creation": {"ephemeral_5m_input_tokens": 150, "ephemeral_1h_input_tokens": 50},
        "output_tokens": 7,
    }

    assert MESSAGES.usage(usage) == Usage(510, 300, 200, 7, cache_write_1h_tokens=50)


def test_openais_cache_and_reasoning_are_parts_of_the_totals():
    chat = {
        "prompt_tokens": 500,
        "prompt_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 100},
        "completion_tokens": 40,
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    responses = {
        "input_tokens": 500,
        "input_tokens_details": {"cached_tokens": 300, "cache_write_tokens": 100},
        "output_tokens": 40,
        "output_tokens_details": {"reasoning_tokens": 30},
    }

    assert CHAT.usage(chat) == RESPONSES.usage(responses) == Usage(500, 300, 100, 40, reasoning_tokens=30)


@pytest.mark.parametrize("details", [None, [], "many", {"reasoning_tokens": -1}, {"reasoning_tokens": True}])
def test_details_that_say_nothing_are_unknown(details):
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "completion_tokens_details": details}

    assert CHAT.usage(usage) == Usage(5, output_tokens=1)


def test_a_stream_of_anthropics_is_counted_once():
    """The opening event has the input and a first output token, the closing one both again as totals."""
    opening = (
        b'data: {"type":"message_start","message":{"usage":{"input_tokens":10,"output_tokens":1,'
        b'"cache_read_input_tokens":300,"cache_creation_input_tokens":200,'
        b'"cache_creation":{"ephemeral_1h_input_tokens":200}}}}\n\n'
    )
    closing = (
        b'data: {"type":"message_delta","delta":{},"usage":{"input_tokens":10,"output_tokens":42,'
        b'"cache_read_input_tokens":300,"cache_creation_input_tokens":200}}\n\n'
    )
    tap = MESSAGES.tap()
    for event in (opening, closing, closing, b'data: {"type":"message_stop"}\n\n'):
        tap.feed(event)

    assert MESSAGES.usage(tap.usage) == Usage(510, 300, 200, 42, cache_write_1h_tokens=200)
