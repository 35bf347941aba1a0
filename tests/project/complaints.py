"""What users of other compressors and gateways complain of, by their issues, and the tests that hold it here,
by their names, as files move.

`UNHELD` has those that no test of ours holds: each with the reason.
"""

from __future__ import annotations

HELD: dict[str, tuple[str, ...]] = {
    "the provider's cache is defeated (headroom #2438, #327; OmniRoute #3890; litellm #39519)": (
        "test_the_cache_finds_no_less",
        "test_a_conversation_moves_between_workers_and_keeps_its_bytes",
        "test_what_was_given_back_once_stays_as_it_was_on_the_next_turn",
        "test_the_next_turn_is_sent_with_the_same_bytes_before_it",
    ),
    "savings are shown that the provider bills in full (headroom #3699, #1843)": (
        "test_what_was_not_billed_saved_nothing",
        "test_reading_back_is_paid_by_the_net",
    ),
    "a request is not made smaller, and nothing says why (headroom #2357, #3561)": (
        "test_each_reason_has_its_words_and_names_a_field_that_there_is",
    ),
    "compressed tool results make agents act on false facts (headroom #1307)": (
        "test_every_line_is_kept_or_counted",
        "test_provider_number_literals_survive_in_the_answer",
    ),
    "JSON fields with values are dropped (headroom #3634)": (
        "test_decoding_gives_every_literal_back",
        "test_expanding_gives_the_text_back",
    ),
    "real compiler errors are hidden (rtk #2281)": (
        "test_a_line_that_says_something_broke_stays",
        "test_tracebacks_stay_whole",
    ),
    "off is not off (headroom #3337), and not for one request (#1617)": (
        "test_request_is_forwarded_byte_for_byte",
        "test_off_is_off",
        "test_config_of_one_request",
    ),
    "a slow model blocks requests for seconds (headroom #1025, #922)": (
        "test_a_process_that_hangs_is_killed_and_the_request_goes_on",
        "test_on_the_event_loop_no_stage_takes_long",
    ),
    "tool messages without their call, and a 400 (langchain #33245)": (
        "test_a_call_is_dropped_together_with_its_result",
    ),
    "the last sentence is lost and CJK is garbled (LLMLingua #213, #4)": (
        "test_text_of_every_script_survives",
    ),
    "tool arguments are dropped from streams (litellm #25561)": (
        "test_openai_stream_with_tool_calls",
        "test_anthropic_stream_with_tool_calls",
    ),
    "Retry-After is renamed": ("test_rate_limit_passes_through",),
    "a stream that was cut looks complete (Portkey)": (
        "test_cut_openai_stream_raises",
        "test_cut_anthropic_stream_raises",
    ),
    "the log table grows without end (litellm #41499)": (
        "test_what_is_too_old_goes",
        "test_what_is_past_the_bound_is_counted_together",
    ),
    "settings of the UI do not persist (OmniRoute #8388)": ("test_as_one_types_what_can_be_used_is_saved",),
    "cuts make agents run their tools again, and nobody shows it (lean-ctx #1192)": (
        "test_a_tool_called_again_stands_in_the_trace_and_is_charged",
    ),
    "a marker is read as damage of the file (headroom #3098)": (
        "test_a_marker_is_not_taken_for_a_damaged_file",
    ),
    "a marker without the tool to read it (headroom #1006)": ("test_no_handle_without_the_tool",),
    "what was cut is forgotten after minutes or a restart (headroom #714, #1809)": (
        "test_nothing_is_stored_that_could_be_forgotten",
    ),
    "a miss makes the agent run the tool and be cut again (openhuman #5301)": (
        "test_a_miss_says_that_nothing_is_missing_and_ends",
    ),
    "cancelled streams are billed and not counted (litellm PR 33736, 36008)": (
        "test_a_bill_that_never_came_is_estimated_by_the_prompt_that_was_sent",
    ),
    "cache tokens of Anthropic's streams are counted twice (Bifrost #3451, #5354)": (
        "test_anthropic_usage_is_the_latest_of_each_number",
    ),
    "cache tokens have no price (litellm #11364)": ("test_prices_are_those_of_the_cache",),
    "the mask of a secret is saved over the key (Bifrost #4353)": ("test_an_empty_secret_stays",),
    "an upgrade does not run beside the version before (litellm PR 39178)": (
        "test_migrations_run_beside_the_version_before",
    ),
    "rotation without a time of grace (litellm #27193)": (
        "test_the_old_secret_works_on_for_the_grace_period",
    ),
    "no spend by a tag of the customer's (Portkey #1152)": (
        "test_a_tag_stays_with_the_trace",
        "test_costs_add_up_whatever_they_are_told_by",
    ),
    "single sign-on is for five users only (litellm #25762)": (
        "test_somebody_new_gets_an_account_without_a_project",
    ),
    "a websocket is not refused at once, and the client waits (Codex)": (
        "test_a_websocket_is_refused_with_426",
    ),
    "opaque items of a compaction are changed (Codex, Anthropic)": (
        "test_a_compaction_item_goes_through_as_it_came",
        "test_anthropics_edits_are_in_the_trace",
    ),
    "rules in the descriptions of tools are cut away (Claude Code)": (
        "test_a_rule_stays_and_what_explains_goes",
    ),
    "TOON is longer than compact JSON (toon-format)": ("test_it_is_taken_where_it_counts_fewer_tokens",),
    "the order of tools changes and breaks the cache (Bifrost #2347)": (
        "test_tools_go_out_in_the_clients_order_on_every_turn",
    ),
    "latency rises past 15 requests a second, and memory leaks (litellm #13546, #12685)": (
        "test_nothing_of_a_request_outlives_it_but_what_is_remembered",
        "test_on_the_event_loop_no_stage_takes_long",
    ),
    "a prompt that is cut by 90 % is said to save as much (headroom #1843)": (
        "test_what_is_said_to_be_saved_is_what_the_bill_came_down_by",
    ),
    "a gateway's guardrail asks a compressor (LiteLLM)": ("test_messages_come_back_smaller_and_as_many",),
}

UNHELD: dict[str, str] = {
    "semantic caches answer the opposite question (GPTCache #694)": (
        "there is no semantic response cache to be wrong"
    ),
}
