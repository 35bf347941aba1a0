"""How each kind of text is cut, and the cut of a whole prompt to its hard budget by these cutters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from token_optimizer.config import OptimizerConfig
from token_optimizer.models import Block, BlockType, Kind, Marker, Passage, Prompt
from token_optimizer.optimizer.code.bodies import (
    Function,
    body_passages,
    functions_of,
    wants_whole_program,
)
from token_optimizer.optimizer.code.changes import change_spans
from token_optimizer.optimizer.code.definitions import with_named_definitions
from token_optimizer.optimizer.code.landmarks import with_landmarks
from token_optimizer.optimizer.code.packed import record_spans
from token_optimizer.optimizer.code.passages import code_passages, line_passages
from token_optimizer.optimizer.code.records import (
    answers,
    is_data,
    is_spaced_table,
    record_passages,
    tells_extremes,
)
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.conversation.turns.example_turns import example_turns, instructs_first
from token_optimizer.optimizer.embedded.lines import is_source
from token_optimizer.optimizer.embedded.question.about import asks_for_something, is_commit_history
from token_optimizer.optimizer.embedded.worked.examples import announces_examples
from token_optimizer.optimizer.embedded.worked.passages import (
    answer_passages,
    example_passages,
    whole_passage,
)
from token_optimizer.optimizer.json.omissions import keep_json_passages
from token_optimizer.optimizer.json.passages import has_trouble, json_passages
from token_optimizer.optimizer.json.spoken import is_said_in_turn, is_spoken
from token_optimizer.optimizer.json.toon import compress_json_toon
from token_optimizer.optimizer.json.worked import is_worked
from token_optimizer.optimizer.logs.passages import keep_log_lines, log_passages
from token_optimizer.optimizer.prose.passages import document_passages, prose_passages, spoken_passages
from token_optimizer.optimizer.relevance.asked.extremes import asks_for_extremes
from token_optimizer.optimizer.relevance.names import NAME_WEIGHT
from token_optimizer.optimizer.relevance.salience import calls_tools
from token_optimizer.optimizer.relevance.trouble import is_error_line
from token_optimizer.optimizer.selection.cutting import Cutter
from token_optimizer.optimizer.selection.fitting import fit_to_budget
from token_optimizer.optimizer.selection.kept_passages import keep_passages, keep_sentences
from token_optimizer.optimizer.selection.soft.few_parts import asks_for_few, names_few
from token_optimizer.optimizer.selection.soft.soft_target import cut_logs, cut_to_target
from token_optimizer.optimizer.selection.soft.specific import (
    asks_what_went_wrong,
    is_over_records,
    wants_all,
)
from token_optimizer.optimizer.selection.soft.tool_results import cut_tool_results
from token_optimizer.text.tables import is_table

# For every kind but JSON, whose passages depend on the config.
CUTTERS = {
    Kind.LOG: Cutter(log_passages, keep_log_lines),
    Kind.CODE: Cutter(with_named_definitions(code_passages), keep_passages),
    Kind.PROSE: Cutter(
        prose_passages, keep_sentences, ranked=True, neighbor_weight=0.4, name_weight=NAME_WEIGHT
    ),
    Kind.DOCUMENT: Cutter(
        document_passages,
        keep_sentences,
        ranked=True,
        neighbor_weight=0.2,
        synonym_weight=1.0,
        whole=True,
        by_paragraph=True,
        name_weight=NAME_WEIGHT,
    ),
    Kind.TRANSCRIPT: Cutter(
        spoken_passages,
        keep_sentences,
        ranked=True,
        neighbor_weight=0.3,
        feedback_weight=0.3,
        synonym_weight=1.0,
        topic_weight=0.6,
        name_weight=NAME_WEIGHT,
    ),
    Kind.EXAMPLES: Cutter(example_passages, keep_passages, ranked=True, telling=True),
}

_EXAMPLE_ANSWER = Cutter(answer_passages, keep_passages, example=True)
# What a line is about tells as much as what it names; of a definition that is named all lines are asked for.
_ASKED_LINES = replace(CUTTERS[Kind.CODE], ranked=True)
# Of data a record is worth what is asked of it, and of a program bodies of functions go.
_RECORDS = Cutter(record_passages, keep_passages, ranked=True, telling=True)
_ANSWERING_RECORDS = replace(_RECORDS, answering=True)
_MAY_BE_TABLES = frozenset({Kind.DOCUMENT, Kind.PROSE})
_MAX_TROUBLED = 0.5
# Of a file that may be edited, whatever stays is a line of it.
_WHOLE_LINES = Cutter(with_named_definitions(line_passages), keep_passages)


def cut_to_budget(prompt: Prompt, context: Context) -> Prompt:
    """While the prompt is over its hard budget, leave out the passages that are worth least."""
    if context.tokens_over(prompt) <= 0:
        return prompt
    examples = example_turns(prompt)
    cutter_of = _cutter_finder(prompt, context)
    # What the examples are of is said once.
    kept = {0} if instructs_first(prompt, examples) else set[int]()
    answers = (
        {block.turn: block.content for block in prompt.blocks if block.type is BlockType.ASSISTANT}
        if examples
        else {}
    )

    def with_examples(block: Block) -> Cutter | None:
        if block.turn not in examples:
            return cutter_of(block)
        is_open = block.type is BlockType.USER and block.turn not in kept
        return _example_cutter(answers.get(block.turn, "")) if is_open else None

    return fit_to_budget(prompt, context, with_examples, kept)


def _example_cutter(answer: str) -> Cutter:
    """What an example asks stands for its whole turn: its answer goes and stays with it."""
    return Cutter(partial(whole_passage, answer=answer), keep_passages, ranked=True, example=True)


def cut_to_soft_target(prompt: Prompt, context: Context) -> Prompt:
    """While the prompt is larger than its soft target, leave out the passages that are likely not needed.
    Of examples that stand as turns of their own what leads to an answer may go, and the turns stay. Of
    programs bodies of functions go that a question leaves aside; data stay of which it asks what only all
    records tell."""
    if context.tokens_over(prompt) > 0 or context.target_tokens is None:
        return prompt
    whole = _WholePrompt(prompt)
    cutters = _cutters(context.config)
    query = prompt.query or ""

    def cutter_of(block: Block) -> Cutter | None:
        if block.id in whole.shown:
            return None
        if block.turn in whole.example_turns:
            # The first one shows the whole form.
            return _EXAMPLE_ANSWER if block.turn > 0 and block.type is BlockType.ASSISTANT else None
        if block.kind is Kind.JSON and (is_over_records(query) or _is_told(block)):
            return None
        if block.kind is Kind.JSON and asks_what_went_wrong(query) and has_trouble(_as_it_came(block)):
            return replace(cutters[Kind.JSON], answering=True)
        if _is_said(block):
            return _SPOKEN_ROWS
        if block.kind is Kind.CODE or (block.kind in _MAY_BE_TABLES and _is_of_records(block.content)):
            return _cutter_of_code(block, query, lambda: _functions_beside(whole.functions, block))
        return cutters.get(block.kind)

    return cut_to_target(prompt, context, cutter_of)


def _is_told(block: Block) -> bool:
    """Whether the JSON is worked examples, all of which show the form, or what people say in turn: of that
    the table that it becomes takes as much as may go."""
    text = _as_it_came(block)
    return is_worked(text) or is_spoken(text)


def _is_said(block: Block) -> bool:
    """Whether the block is JSON of what people say in turn."""
    return block.kind is Kind.JSON and is_said_in_turn(_as_it_came(block))


def _as_it_came(block: Block) -> str:
    return block.original_content or block.content


@dataclass(frozen=True)
class _WholePrompt:
    """What all of the prompt says of a block that is open to a cut. On most later turns none is."""

    prompt: Prompt

    @cached_property
    def example_turns(self) -> frozenset[int]:
        """The turns that are examples."""
        return example_turns(self.prompt)

    @cached_property
    def shown(self) -> set[str]:
        """The ids of the blocks that are announced as examples."""
        return _shown_as_examples(self.prompt)

    @cached_property
    def functions(self) -> dict[str, Sequence[Function]]:
        """The functions of each block of code, by its id."""
        blocks = self.prompt.blocks
        return {block.id: functions_of(block.content) for block in blocks if block.kind is Kind.CODE}


def _functions_beside(files: Mapping[str, Sequence[Function]], block: Block) -> list[Function]:
    """The functions of all other blocks."""
    return [one for block_id, found in files.items() if block_id != block.id for one in found]


def _cutter_of_code(block: Block, query: str, beside: Callable[[], list[Function]]) -> Cutter | None:
    """Records of data, parts of changes, or bodies of a program's functions; None where all of it counts."""
    of_all = _is_of_all(block, query)
    if changes := [block.content[slice(*span)] for span in change_spans(block.content)]:
        # The mean of a column that one cell of a notebook names stands in that cell.
        is_few = names_few(changes, query) if of_all else asks_for_few(changes, query)
        return _RECORDS if is_few else None
    if is_data(block.content):
        return None if of_all else _cutter_of_answers(block, query)
    if block.exact or not asks_for_something(query) or wants_whole_program(query):
        return None
    return Cutter(partial(body_passages, beside=beside()), keep_passages)


def _cutter_of_answers(block: Block, query: str) -> Cutter | None:
    """The cutter of data, where some of the records answer the query, and not all or none of them."""
    cutter = _cutter_of_data(block)
    if cutter is not _RECORDS:
        return cutter
    return _ANSWERING_RECORDS if answers(block.content, query) else None


def _is_of_all(block: Block, query: str) -> bool:
    """Whether only all records together tell what the question asks; of JSON the least and the most of a
    value are known without that."""
    if is_over_records(query) or wants_all(query):
        return True
    is_known = block.kind is Kind.JSON or not asks_for_extremes(query)
    return not is_known and not tells_extremes(block.content, query)


def _holds_records(block: Block) -> bool:
    """Whether the block is a table, JSON, or data in lines."""
    if block.kind is Kind.JSON or is_table(block.content):
        return True
    return block.kind is not Kind.LOG and is_data(block.content)


def _cutter_of_data(block: Block) -> Cutter:
    """Records are chosen by what is asked; what a run of tests prints has records like data, and trouble as a
    log has."""
    lines = block.content.split("\n")
    troubled = 0 if is_table(block.content) else sum(map(is_error_line, lines))
    # What most lines have is no trouble.
    is_output = 0 < troubled <= _MAX_TROUBLED * len(lines)
    return CUTTERS[Kind.LOG] if is_output else _RECORDS


def _shown_as_examples(prompt: Prompt) -> set[str]:
    """The ids of the blocks of JSON, and of texts in it, that are announced as examples: they show a form,
    and are nothing to look up in."""
    found: set[str] = set()
    is_shown = False
    for block in prompt.blocks:
        if block.kind is Kind.PROSE:
            is_shown = not block.tool_result and announces_examples(block.content)
        elif is_shown and (block.kind is Kind.JSON or (block.wrapper is not None and block.wrapper.quoting)):
            found.add(block.id)
    return found


def _is_of_records(text: str) -> bool:
    """Whether a text that is no code or JSON by its lines is data all the same."""
    return is_table(text) or is_spaced_table(text) or bool(record_spans(text) or change_spans(text))


def cut_new_tool_results(prompt: Prompt, context: Context) -> Prompt:
    """The prompt with the lines of new tool results left out that the agent is not after. Tables stay where
    the user asks what only all their rows tell, and so do other data that answer at the first call."""
    if not any(block.tool_result for block in prompt.rest):
        return prompt
    find = _cutter_finder(prompt, context)
    query = prompt.query or ""
    is_first = len({block.message for block in prompt.blocks if block.tool_result}) == 1

    def cutter_of(block: Block) -> Cutter | None:
        has_records = _holds_records(block) if is_first else is_table(block.content)
        cutter = None if has_records and _is_of_all(block, query) else find(block)
        if cutter is None or block.kind is not Kind.CODE:
            return cutter
        return replace(cutter, passages=with_landmarks(cutter.passages))

    return cut_tool_results(prompt, context, cutter_of)


def cut_logs_to_floor(prompt: Prompt, context: Context) -> Prompt:
    """The prompt with its logs cut to what is worth the floor of logs."""
    return cut_logs(prompt, context, lambda block: CUTTERS[Kind.LOG] if block.kind is Kind.LOG else None)


def _cutters(config: OptimizerConfig) -> dict[Kind, Cutter]:
    return {**CUTTERS, Kind.JSON: _json_cutter(config)}


def _cutter_finder(prompt: Prompt, context: Context) -> Callable[[Block], Cutter | None]:
    """The cutter of a block of the prompt. Lines of code are ranked by what is asked, unless the model works
    with source step after step: what it needs next are names then. Commits and the parts of changes stay or
    go whole, and of tables the head stays."""
    cutters = _cutters(context.config)
    works = calls_tools(prompt) or _goes_on_with_code(prompt)

    def cutter_of(block: Block) -> Cutter | None:
        if block.kind in _MAY_BE_TABLES and not works:
            is_listed = _is_of_records(block.content) or is_commit_history(block.content)
            return _RECORDS if is_listed else cutters.get(block.kind)
        if _is_said(block):
            return _SPOKEN_ROWS
        if block.kind is not Kind.CODE:
            return cutters.get(block.kind)
        if block.exact:
            return _WHOLE_LINES
        if is_commit_history(block.content):
            return _RECORDS
        if not works and change_spans(block.content):
            return _RECORDS
        if not works and is_data(block.content):
            return _cutter_of_data(block)
        return cutters[Kind.CODE] if works and is_source(block.content) else _ASKED_LINES

    return cutter_of


def _goes_on_with_code(prompt: Prompt) -> bool:
    """Whether several messages hold code."""
    return len({block.message for block in prompt.blocks if block.kind is Kind.CODE}) > 1


def _json_cutter(config: OptimizerConfig) -> Cutter:
    def passages(text: str, query: str | None, markers: tuple[Marker, ...]) -> list[Passage]:
        return json_passages(text, query, config.json_truncate_items, config.json_truncate_chars)

    return Cutter(passages, _keep_json, from_original=True, gapless=True)


# What is left of a JSON text is compacted like a whole one.
_keep_json = partial(keep_json_passages, shortened=compress_json_toon)


def _spoken_rows(text: str, query: str | None, markers: tuple[Marker, ...]) -> list[Passage]:
    """The rows of JSON that say what people said: none is outlying or of a rare kind."""
    return [replace(passage, value=_ROW_VALUE, facts={}) for passage in json_passages(text)]


# What a row of what people say is worth by itself; the rest is its rank, as of what they say in lines.
_ROW_VALUE = 0.1
_SPOKEN_ROWS = replace(
    CUTTERS[Kind.TRANSCRIPT], passages=_spoken_rows, keep=_keep_json, from_original=True, gapless=True
)
