"""What somebody pasted, as the body of a request: a plain text, or a body in one of the three dialects."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from token_optimizer.dialects.bodies import conversation_key, conversation_of
from token_optimizer.errors import PromptError
from token_optimizer.models import Dialect
from token_optimizer.optimizer.formats.reading import canonicalize

_BETWEEN_DOCUMENTS = re.compile(r"^-{3,}[ \t]*$", re.MULTILINE)
_MAX_MODEL_CHARS = 200


@dataclass(frozen=True, slots=True)
class TrialPrompt:
    """A prompt to try. `documents` and `question` were given apart from the body.

    `is_plain`: a text was pasted, and no body. `budget_tokens` is the prompt's own budget, None where that of
    a config holds.
    """

    body: Mapping[str, Any]
    dialect: Dialect
    documents: Sequence[Mapping[str, str]] = ()
    question: str = ""
    is_plain: bool = False
    budget_tokens: int | None = None

    @property
    def model(self) -> str:
        model = self.body.get("model")
        return model[:_MAX_MODEL_CHARS] if isinstance(model, str) else ""

    @property
    def size_bytes(self) -> int:
        return len(orjson.dumps([self.body, self.documents], default=str))

    def whole_body(self) -> Mapping[str, Any]:
        """The body with the documents in it."""
        if not self.documents:
            return self.body
        return canonicalize(self.body, self.dialect, documents=self.documents).body

    def with_model(self, model: str) -> TrialPrompt:
        """The prompt for another model; an empty name leaves it as it is."""
        return replace(self, body={**self.body, "model": model}) if model else self


def prompt_of_text(text: str, documents: str = "", question: str = "") -> TrialPrompt:
    """A plain text as the user's message, the question after it."""
    said = "\n\n".join(part for part in (text.strip("\n"), question) if part.strip())
    if not said:
        raise PromptError("there is no text and no question")
    body = {"messages": [{"role": "user", "content": said}]}
    return TrialPrompt(body, "openai", documents_of(documents), question, is_plain=True)


def prompt_of_body(text: str, dialect: Dialect, documents: str = "", question: str = "") -> TrialPrompt:
    """A pasted request body; PromptError names what is wrong with it."""
    body = _parsed(text)
    if not isinstance(body.get("model", ""), str):
        raise PromptError(f"model must be a string, not {type(body['model']).__name__}")
    if conversation_key(dialect) not in body:
        raise PromptError(f"{conversation_key(dialect)} is missing{_other_dialect(body, dialect)}")
    if not conversation_of(body, dialect):
        raise PromptError(f"{conversation_key(dialect)} is empty")
    return TrialPrompt(body, dialect, documents_of(documents), question)


def documents_of(text: str) -> list[dict[str, str]]:
    """The documents of a text, parted by lines of `---`; the first line of each is its title."""
    parts = [part.strip() for part in _BETWEEN_DOCUMENTS.split(text)]
    found = [part.partition("\n") for part in parts if part]
    return [{"title": title.strip(), "text": rest.strip() or title} for title, _, rest in found]


def _parsed(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise PromptError(f"the body is not valid JSON: {error.msg} at {place}") from None
    except (RecursionError, ValueError):
        raise PromptError("the body is not valid JSON: too deeply nested, or a number is too long") from None
    if not isinstance(body, dict):
        raise PromptError(f"the body must be a JSON object, not {type(body).__name__}")
    return body


def _other_dialect(body: Mapping[str, Any], dialect: Dialect) -> str:
    """A hint where the body is one of another dialect."""
    if dialect == "responses" and "messages" in body:
        return ": with messages it is an OpenAI or Anthropic body"
    if dialect != "responses" and "input" in body:
        return ": with input it is a Responses body"
    return ""
