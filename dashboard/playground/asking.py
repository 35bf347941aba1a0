"""Both prompts put to the model, and what that costs, said before."""

from __future__ import annotations

from dashboard.numbers.formats import money
from dashboard.playground.answers import Offer, Questions, whole_answers
from dashboard.playground.results import ColumnResult
from optimizer_app.models import Project
from optimizer_app.playground.asking import NotAnswered, Question, question_to
from optimizer_app.playground.prompt import TrialPrompt
from optimizer_app.playground.trial import masked_prompt


def questions_of(project: Project, prompt: TrialPrompt, result: ColumnResult) -> Questions:
    """The prompt as it came and as it would be sent; NotAnswered where nobody could answer."""
    tried = result.column.tried
    original = prompt if tried is None else masked_prompt(prompt, tried.config, project)
    bodies = {"original": original.whole_body(), "sent": result.sent.body}
    return {side: question_to(project, prompt, body, result.trace.model) for side, body in bodies.items()}


def offer(project: Project, prompt: TrialPrompt, result: ColumnResult, *, is_asked: bool = False) -> Offer:
    """What can be asked for a column; `is_asked`: with the answers."""
    try:
        questions = questions_of(project, prompt, result)
    except NotAnswered as error:
        return Offer(False, str(error))
    says = _price(questions["sent"], result)
    return Offer(True, says, whole_answers(questions), True) if is_asked else Offer(True, says)


def _price(question: Question, result: ColumnResult) -> str:
    if question.provider is None:
        return "The built-in echo answers both. Nothing is billed."
    cost = result.costs[0]
    if cost.before_usd is None or cost.after_usd is None:
        return f"{question.provider.name} gets both. No price of {cost.model} is known here."
    both = money(cost.before_usd + cost.after_usd)
    return f"{question.provider.name} gets both: about {both} for the input, and what it answers on top."
