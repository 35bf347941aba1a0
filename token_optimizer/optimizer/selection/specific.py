"""Tells whether a question asks for something in particular, so that what has nothing to do with it may go.

Before: "Translate the report into French.", "Give me an overview of this document.", "I will ask later."
After:  nothing in particular
Before: "Who signed the report on the harbour bridge?"
After:  sign, harbour, bridg
"""

from __future__ import annotations

import re

from token_optimizer.optimizer.embedded.asking_words import (
    INSTRUCTION_NAMES,
    MATERIAL_NAMES,
    QUESTION_NAMES,
)
from token_optimizer.optimizer.relevance.words import Stems

# What is done to a text as a whole: all of it is needed, whatever else the words say.
_OF_ALL = re.compile(
    r"""\b(?:translat|proof-?read|rewrit|rephras|paraphras|reformat|transcrib|transliterat|polish\s+the
    |correct\s+(?:the|this|my|all|any)|fix\s+(?:the|my|all|any)\s+(?:grammar|spelling|typos)|improve\s+the\s+(?:text|writing|style)
    |(?:entire|whole|full|complete)\s+(?:text|document|article|conversation|transcript|meeting|file|data|list|thread)
    |everything|word\s+for\s+word|verbatim
    |übersetz|umschreib|korrigier|alles\b|traduis|tradui[rst]|corrige|réécri|traduc|traduz|reescrib|corrig|tradurre|traduci
    |vertaal|przetłumacz|перевед|перепиш|исправь)
    |翻译|翻譯|改写|润色|校对|翻訳|書き換え|校正|번역|교정""",
    re.IGNORECASE | re.VERBOSE,
)
# Words of tasks and of texts in general: none of them says which part of a text is asked about.
_GENERAL = frozenset((
    "above", "action", "analyse", "analysis", "analyze", "answer", "answers", "ask", "attached", "based",
    "below", "brief", "briefly", "bullet", "bullets", "chat", "classify", "clearly", "concise",
    "conclusion", "conclusions", "consider", "continue", "decided", "describe", "detail", "detailed",
    "details", "discuss", "discussed", "discussion", "draft", "email", "explain", "extract", "file", "files",
    "find", "findings", "finish", "first", "following", "full", "general", "given", "help", "here",
    "highlight", "highlights", "idea", "ideas", "identify", "individual", "insight", "insights", "issue",
    "issues", "item",
    "items", "json", "keep", "key", "know", "language", "last", "later", "learn", "length", "let", "list",
    "load", "long", "look", "main", "make", "meeting", "memo", "memorize", "mind", "minutes", "need",
    "next", "note", "now", "ok", "okay", "outline", "overall", "overview", "people", "point", "points",
    "post", "present", "problem", "problems", "provide", "provided", "read", "ready", "remember", "respond",
    "review", "say", "section", "sections", "sentence", "sentences", "sentiment", "short", "show", "simple",
    "speaker", "speakers", "start", "state", "step", "store", "structure", "study", "sum", "summaries",
    "summarise", "summarize", "summary", "takeaway", "takeaways", "thank", "thanks", "theme", "themes",
    "thing", "things", "think", "title", "tldr", "topic", "topics", "understand", "use", "using", "value",
    "values", "want", "way", "word", "words", "work", "write", "zusammenfassung", "fasse", "zusammen",
    "überblick", "bitte", "résume", "résumé", "resume", "resumen", "resumir", "resumo", "riassumi",
    "riassunto", "samenvatting", "podsumuj", "кратко", "обобщи", "резюме",
    "总结", "總結", "摘要", "概括", "要約", "まと", "요약",
))  # fmt: skip
# Words without a subject of their own in other languages than English, as far as they are words of questions.
_FUNCTION_WORDS = frozenset((
    "aus", "bei", "das", "dass", "dem", "den", "der", "des", "die", "du", "ein", "eine", "einen", "einer", "es",
    "für", "gib", "hat", "ich", "im", "ins", "ist", "kannst", "mir", "mit", "sich", "sind", "und", "vom", "von",
    "war", "was", "wer", "wie", "wo", "zu", "zum", "zur", "au", "aux", "avec", "ce", "ces", "cette", "dans",
    "de", "du", "elle", "en", "est", "et", "il", "je", "la", "le", "les", "moi", "par", "pour", "que", "quel",
    "quelle", "qui", "sur", "un", "une", "vous", "al", "como", "con", "cual", "cuál", "del", "el", "ella",
    "en", "las", "lo", "los", "me", "por", "qué", "quien", "quién", "se", "su", "una", "da", "das", "do",
    "dos", "em", "na", "no", "os", "para", "quem", "uma", "che", "chi", "con", "dei", "della", "di", "gli",
    "nel", "per", "sono", "een", "het", "ik", "is", "met", "van", "voor", "wat", "wie",
))  # fmt: skip
_STEMS = Stems()
_GENERAL_STEMS = frozenset(
    stem
    for name in (*_GENERAL, *_FUNCTION_WORDS, *QUESTION_NAMES, *INSTRUCTION_NAMES, *MATERIAL_NAMES)
    for stem in _STEMS.of(name)
)


def specific_stems(query: str | None) -> frozenset[str]:
    """The stems of the words that say what the question is about; none where it asks for nothing in
    particular."""
    if not query or _OF_ALL.search(query):
        return frozenset()
    return frozenset(Stems().of(query)) - _GENERAL_STEMS
