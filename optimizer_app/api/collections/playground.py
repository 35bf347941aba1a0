"""A prompt tried under several configs, and the model asked with what each would send. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from optimizer_app.api.access import person_of, projects_of
from optimizer_app.api.collections.requests.examples import PromptTexts
from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import VisibleProject
from optimizer_app.configs.check import problem
from optimizer_app.models import Project, Role
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.optimize.service import Optimized
from optimizer_app.playground.asking import Bill, NotAnswered, Question, answer, question_to
from optimizer_app.playground.configs import config_named
from optimizer_app.playground.costs import compared_models, costs_by_model
from optimizer_app.playground.examples import prompt_of_example
from optimizer_app.playground.prompt import TrialPrompt
from optimizer_app.playground.settings import with_settings
from optimizer_app.playground.trial import MAX_COLUMNS, TrialConfig, masked_prompt, run_trials
from token_optimizer.errors import ConfigError, PromptError


class ColumnRequest(serializers.Serializer[Any]):
    """One way to try the prompt."""

    config = serializers.CharField(
        default="",
        allow_blank=True,
        help_text='A config of the project, a preset, or "draft:" and the name of a config for your draft.',
    )
    budget_tokens = serializers.IntegerField(required=False, min_value=1, max_value=10_000_000)
    settings = serializers.DictField(default=dict, help_text="Fields over the config.")

    def validate_settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        refused = {name: reason for name, value in settings.items() if (reason := problem(name, value))}
        if refused:
            raise serializers.ValidationError(refused)
        return settings


class TrialRequest(serializers.Serializer[Any]):
    project = VisibleProject()
    prompt = PromptTexts()
    model = serializers.CharField(
        required=False, max_length=200, help_text="In the place of the prompt's own."
    )


class PlaygroundRequest(TrialRequest):
    columns = serializers.ListField(child=ColumnRequest(), min_length=1, max_length=MAX_COLUMNS)


class AskRequest(TrialRequest):
    column = ColumnRequest(default=dict)


class ModelCostSerializer(serializers.Serializer[Any]):
    model = serializers.CharField()
    tokens_before = serializers.IntegerField()
    tokens_after = serializers.IntegerField()
    before_usd = serializers.DecimalField(max_digits=16, decimal_places=9, allow_null=True)
    after_usd = serializers.DecimalField(max_digits=16, decimal_places=9, allow_null=True)
    estimated = serializers.BooleanField()


class ColumnSerializer(serializers.Serializer[Any]):
    tokens_before = serializers.IntegerField()
    tokens_after = serializers.IntegerField()
    route = serializers.CharField()
    fallback_reason = serializers.CharField()
    latency_ms = serializers.FloatField()
    costs = ModelCostSerializer(many=True, help_text="With the prompt's own model, and with others.")
    stages = serializers.ListField(child=serializers.DictField())
    blocks = serializers.ListField(child=serializers.DictField())
    sent = serializers.DictField(help_text="The body that would be sent.")


class AnswerSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    input_tokens = serializers.IntegerField(allow_null=True)
    output_tokens = serializers.IntegerField(allow_null=True)
    usd = serializers.DecimalField(max_digits=16, decimal_places=9, allow_null=True)


class AnswersSerializer(serializers.Serializer[Any]):
    original = AnswerSerializer()
    sent = AnswerSerializer()


class PlaygroundView(GenericViewSet[Any]):
    """What would happen to a prompt."""

    roles: ClassVar = {"create": Role.VIEWER}

    @extend_schema(request=PlaygroundRequest, responses=ColumnSerializer(many=True))
    def create(self, request: Request) -> Response:
        """Try the prompt in each column: nothing is sent or stored."""
        asked = _read(request, PlaygroundRequest)
        prompt, project = _prompt(asked), asked["project"]
        tried = [_tried(request, project, column) for column in asked["columns"]]
        found = [_column(prompt, one, result, project) for one, result in _run(prompt, tried, project)]
        return Response(ColumnSerializer(found, many=True).data)

    @extend_schema(request=AskRequest, responses=AnswersSerializer)
    @action(detail=False, methods=["post"])
    def ask(self, request: Request) -> Response:
        """Ask the model with the prompt as it came and as it would be sent. The provider bills both."""
        asked = _read(request, AskRequest)
        prompt, project = _prompt(asked), asked["project"]
        tried = _tried(request, project, asked["column"])
        [(_, result)] = _run(prompt, [tried], project)
        model = prompt.model or tried.config.target_model
        bodies = {"original": masked_prompt(prompt, tried.config, project).whole_body(), "sent": result.body}
        try:
            questions = {side: question_to(project, prompt, body, model) for side, body in bodies.items()}
            answers = {side: _answer(question) for side, question in questions.items()}
        except NotAnswered as error:
            raise Conflict(str(error)) from error
        return Response(AnswersSerializer(answers).data)


def _read(request: Request, kind: type[TrialRequest]) -> dict[str, Any]:
    asked = kind(data=request.data, context={"projects": projects_of(request)})
    asked.is_valid(raise_exception=True)
    found: dict[str, Any] = asked.validated_data
    return found


def _prompt(asked: Mapping[str, Any]) -> TrialPrompt:
    try:
        prompt = prompt_of_example(ExampleTexts(**asked["prompt"]))
    except PromptError as error:
        raise _refused(error) from error
    return prompt.with_model(asked.get("model", ""))


def _tried(request: Request, project: Project, column: Mapping[str, Any]) -> TrialConfig:
    try:
        config = config_named(project, column["config"], person_of(request))
        return TrialConfig(with_settings(config, column["settings"]), column.get("budget_tokens"))
    except ConfigError as error:
        raise serializers.ValidationError({"config": str(error)}) from error


def _run(
    prompt: TrialPrompt, tried: list[TrialConfig], project: Project
) -> Iterator[tuple[TrialConfig, Optimized]]:
    try:
        return zip(tried, run_trials(prompt, tried, project), strict=True)
    except PromptError as error:
        raise _refused(error) from error


def _column(prompt: TrialPrompt, tried: TrialConfig, result: Optimized, project: Project) -> dict[str, Any]:
    stats = result.stats
    models = compared_models(prompt.model or tried.config.target_model, project)
    return {
        "tokens_before": stats.tokens_before,
        "tokens_after": stats.tokens_after,
        "route": stats.route,
        "fallback_reason": stats.fallback_reason,
        "latency_ms": stats.latency_ms,
        "costs": costs_by_model(result, prompt.dialect, models),
        "stages": [stage.as_dict() for stage in stats.stages],
        "blocks": [block.as_dict() for block in stats.blocks],
        "sent": result.body,
    }


def _answer(question: Question) -> dict[str, Any]:
    """The whole answer with its bill."""
    texts, bill = [], Bill(None, None, None)
    for part in answer(question):
        if isinstance(part, Bill):
            bill = part
        else:
            texts.append(part)
    return {
        "text": "".join(texts),
        "input_tokens": bill.input_tokens,
        "output_tokens": bill.output_tokens,
        "usd": bill.usd,
    }


def _refused(error: PromptError) -> serializers.ValidationError:
    return serializers.ValidationError({"prompt": {"text": str(error)}})
