"""Regression cases under a config: each prompt is optimized as a request would be, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import OptimizationConfig, RegressionCase, RegressionResult
from optimizer_app.playground.examples import prompt_of_example
from optimizer_app.playground.sent import missing_lines
from optimizer_app.playground.trial import TrialConfig, run_trials
from optimizer_app.security.encryption import UndecryptableSecret
from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import PromptError


@dataclass(frozen=True, slots=True)
class CaseResult:
    """`missing` are the lines that would not be sent; `problem` says why the case could not be run."""

    case: RegressionCase
    missing: Sequence[str] = ()
    problem: str = ""

    @property
    def passed(self) -> bool:
        return not self.missing and not self.problem


def run_cases(
    config: OptimizationConfig, values: ConfigValues, *, version: int | None = None
) -> list[CaseResult]:
    """All cases of the project under the values, which are those of a version, or of a draft. Kept as the
    last results of the config."""
    cases = RegressionCase.objects.filter(project=config.project_id).select_related("project")
    optimizer_config = values.as_optimizer_config()
    results = [_run(case, optimizer_config) for case in cases]
    _keep(config, version, results)
    return results


def failing(results: Iterable[CaseResult]) -> list[CaseResult]:
    return [result for result in results if not result.passed]


def _run(case: RegressionCase, config: OptimizerConfig) -> CaseResult:
    try:
        texts = case.texts()
        (result,) = run_trials(prompt_of_example(texts.prompt), [TrialConfig(config)], case.project)
    except UndecryptableSecret:
        return CaseResult(case, problem="it was saved under another encryption key")
    except PromptError as error:
        return CaseResult(case, problem=str(error))
    return CaseResult(case, missing_lines(texts.keep, result.body))


def _keep(config: OptimizationConfig, version: int | None, results: Iterable[CaseResult]) -> None:
    for result in results:
        RegressionResult.objects.update_or_create(
            case=result.case,
            config=config,
            defaults={
                "version": version,
                "missing": len(result.missing),
                "problem": result.problem[:200],
            },
        )
