"""What a trial came to, as the page shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.diffs.sides import Fold as FoldedRows
from dashboard.diffs.sides import Row, side_by_side
from dashboard.playground.answers import Offer
from dashboard.playground.forms import ColumnForm
from dashboard.traces import headline
from dashboard.traces.blocks import BlockRow, Fold, Group, block_rows, groups
from dashboard.traces.headline import Notice
from dashboard.traces.stages import StageBar, stage_bars
from dashboard.traces.strip import Strip, prompt_strip
from optimizer_app.models import Project, RequestTrace
from optimizer_app.optimize.service import Optimized
from optimizer_app.playground.costs import ModelCost, compared_models, costs_by_model
from optimizer_app.playground.prompt import TrialPrompt
from optimizer_app.traces.stats import columns_of
from token_optimizer.models import BlockTexts


@dataclass(frozen=True, slots=True)
class TextRow:
    """A block with its text on both sides. `texts` None: it has none that could be shown."""

    row: BlockRow
    texts: BlockTexts | None

    @property
    def is_fold(self) -> bool:
        return False

    @property
    def open(self) -> bool:
        """Whether it is shown at once: what changed is."""
        return self.row.fate != "kept"

    @property
    def sides(self) -> list[Row | FoldedRows]:
        return side_by_side(*self.texts) if self.texts is not None and any(self.texts) else []


@dataclass(frozen=True, slots=True)
class TextFold:
    """Neighbouring blocks of one fate and reason, folded."""

    fold: Fold
    rows: tuple[TextRow, ...]

    @property
    def is_fold(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class TextGroup:
    """A part of the prompt with its lines."""

    group: Group
    lines: tuple[TextRow | TextFold, ...]


@dataclass(frozen=True, slots=True)
class ColumnResult:
    """One column's outcome. `trace` is what the request page would have, and is not stored."""

    column: ColumnForm
    trace: RequestTrace
    strip: Strip
    stages: Sequence[StageBar]
    groups: Sequence[TextGroup]
    costs: Sequence[ModelCost]
    sent: Optimized
    difference: str = ""
    offer: Offer | None = None

    @property
    def letter(self) -> str:
        return self.column.letter

    @property
    def headline(self) -> str:
        return headline.headline(self.trace)

    @property
    def tokens(self) -> str:
        return headline.tokens_sentence(self.trace)

    @property
    def zero(self) -> str:
        return headline.zero_explained(self.trace)

    @property
    def notices(self) -> list[Notice]:
        return headline.notices(self.trace)

    @property
    def block_count(self) -> int:
        return len(self.trace.blocks)

    @property
    def rows_prefix(self) -> str:
        """With what the ids of its blocks begin."""
        return f"{self.letter.lower()}-b"


def column_results(
    prompt: TrialPrompt, columns: Sequence[ColumnForm], results: Sequence[Optimized], project: Project
) -> list[ColumnResult]:
    """The outcome of each column; the first is what the others are compared with."""
    first = results[0]
    return [
        _result(prompt, column, result, project, "" if result is first else difference(first, result))
        for column, result in zip(columns, results, strict=True)
    ]


def difference(first: Optimized, other: Optimized) -> str:
    """In how many blocks the other one differs, and what became of these."""
    known = {block.id: (block.fate, block.tokens_after) for block in first.stats.blocks}
    changed = [
        block for block in other.stats.blocks if known.get(block.id) != (block.fate, block.tokens_after)
    ]
    if not changed:
        return "the same blocks"
    fates = Counter(block.fate for block in changed).most_common()
    count = f"{len(changed)} block{'s' if len(changed) > 1 else ''}"
    return f"{count}: {', '.join(f'{number} {fate}' for fate, number in fates)} here"


def _result(
    prompt: TrialPrompt, column: ColumnForm, result: Optimized, project: Project, differs: str
) -> ColumnResult:
    assert column.tried is not None
    model = prompt.model or column.tried.config.target_model
    costs = costs_by_model(result, prompt.dialect, compared_models(model, project))
    trace = _as_trace(result, prompt.dialect, costs[0])
    rows = block_rows(trace.blocks)
    texts = [result.texts.get(block.id) for block in result.stats.blocks]
    return ColumnResult(
        column,
        trace,
        prompt_strip(rows),
        stage_bars(trace.stages),
        _groups(rows, texts),
        costs,
        result,
        differs,
    )


def _as_trace(result: Optimized, dialect: str, cost: ModelCost) -> RequestTrace:
    """The row that a request would have. With nothing in the provider's cache, net is gross."""
    columns = columns_of(result.stats)
    return RequestTrace(
        blocks=[fate.as_dict() for fate in columns.pop("fates")],
        stages=[report.as_dict() for report in columns.pop("reports")],
        **columns,
        dialect=dialect,
        model=cost.model,
        status=RequestTrace.Status.OK,
        gross_usd=cost.saved_usd,
        net_usd=cost.saved_usd,
    )


def _groups(rows: Sequence[BlockRow], texts: Sequence[BlockTexts | None]) -> list[TextGroup]:
    by_number: Mapping[int, TextRow] = {
        row.number: TextRow(row, text) for row, text in zip(rows, texts, strict=True)
    }
    return [TextGroup(group, tuple(_lines(group.lines, by_number))) for group in groups(rows)]


def _lines(
    lines: Iterable[BlockRow | Fold], by_number: Mapping[int, TextRow]
) -> Iterable[TextRow | TextFold]:
    for line in lines:
        if isinstance(line, Fold):
            yield TextFold(line, tuple(by_number[row.number] for row in line.rows))
        else:
            yield by_number[line.number]
