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
from token_optimizer.optimizer.logs.languages import ERROR_WORDS
from token_optimizer.optimizer.relevance.words import stems_of

# What is done to a text as a whole: all of it is needed, whatever else the words say.
_OF_ALL = re.compile(
    r"""\b(?:translat|proof-?read|rewrit|rephras|paraphras|reformat|transcrib|transliterat|polish\s+the
    |correct\s+(?:the|this|my|all|any)|fix\s+(?:the|my|all|any)\s+(?:grammar|spelling|typos)|improve\s+the\s+(?:text|writing|style)
    |(?:entire|whole|full|complete)\s+(?:text|document|article|conversation|transcript|meeting|file|data|list|thread)
    |everything|word\s+for\s+word|verbatim|for\s+(?:each|every)
    |(?:list|extract|find|give|show|name|count|collect|enumerate|get)\b[^.?!]{0,30}\b(?:all|every|each)\s
    |(?:liste|nenne|zähle|zeige)\b[^.?!]{0,30}\balle|(?:liste[rz]?|cite[rz]?|donne[rz]?)\b[^.?!]{0,30}\bt(?:ous|outes)
    |(?:lista|enumera|dame|extrae)\b[^.?!]{0,30}\btod[oa]s
    |übersetz|umschreib|korrigier|alles\b|traduis|tradui[rst]|corrige|réécri|traduc|traduz|reescrib|corrig|tradurre|traduci
    |vertaal|przetłumacz|перевед|перепиш|исправь)
    |翻译|翻譯|改写|润色|校对|所有|全部|翻訳|書き換え|校正|すべて|全て|번역|교정|모든|모두""",
    re.IGNORECASE | re.VERBOSE,
)
_WRONG = re.compile(
    rf"(?i)error|fail|exception|warn|wrong|trouble|problem|issue|crash|slow|unusual|odd|\b[45]xx\b|{ERROR_WORDS}"
)
# Words of tasks and of texts in general: none of them says which part of a text is asked about.
_GENERAL = frozenset((
    "above", "action", "analyse", "analysis", "analyze", "anomalies", "anomaly", "answer",
    "answers", "ask", "attached", "based", "below", "best", "bitte", "brief", "briefly", "bullet",
    "bullets", "chat", "classify", "clearly", "column", "columns", "concise", "conclusion",
    "conclusions", "consider", "continue", "decided", "describe", "detail", "detailed", "details",
    "discuss", "discussed", "discussion", "draft", "email", "entries", "entry", "explain",
    "extract", "fasse", "file", "files", "find", "findings", "finish", "first", "following", "full",
    "general", "given", "help", "here", "highlight", "highlights", "idea", "ideas", "identify",
    "important", "individual", "insight", "insights", "interesting", "issue", "issues", "item",
    "items", "json", "keep", "key", "know", "language", "last", "later", "learn", "length", "let",
    "list", "load", "long", "look", "main", "make", "meeting", "memo", "memorize", "mind",
    "minutes", "need", "next", "notable", "note", "now", "odd", "ok", "okay", "outlier", "outliers",
    "outline", "overall", "overview", "people", "podsumuj", "point", "points", "post", "present",
    "problem", "problems", "provide", "provided", "read", "ready", "record", "records", "relevant",
    "remember", "respond", "resume", "resumen", "resumir", "resumo", "review", "riassumi",
    "riassunto", "row", "rows", "résume", "résumé", "samenvatting", "say", "section", "sections",
    "sentence", "sentences", "sentiment", "short", "show", "simple", "speaker", "speakers", "start",
    "state", "step", "store", "strange", "structure", "study", "sum", "summaries", "summarise",
    "summarize", "summary", "suspicious", "takeaway", "takeaways", "thank", "thanks", "theme",
    "themes", "thing", "things", "think", "title", "tldr", "topic", "topics", "understand",
    "unusual", "use", "using", "value", "values", "want", "way", "weird", "word", "words", "work",
    "worst", "write", "zusammen", "zusammenfassung", "überblick", "кратко", "обобщи", "резюме",
    "まと", "总结", "摘要", "概括", "總結", "要約", "요약",
))  # fmt: skip
# Words without a subject of their own in other languages than English, as far as they are words of questions.
_FUNCTION_WORDS = frozenset((
    "al", "au", "aus", "aux", "avec", "bei", "ce", "ces", "cette", "che", "chi", "como", "con", "cual",
    "cuál", "da", "dans", "das", "dass", "de", "dei", "del", "della", "dem", "den", "der", "des", "di",
    "die", "do", "dos", "du", "een", "ein", "eine", "einen", "einer", "el", "ella", "elle", "em", "en",
    "es", "est", "et", "für", "gib", "gli", "hat", "het", "ich", "ik", "il", "im", "ins", "is", "ist",
    "je", "kannst", "la", "las", "le", "les", "lo", "los", "me", "met", "mir", "mit", "moi", "na",
    "nel", "no", "os", "par", "para", "per", "por", "pour", "que", "quel", "quelle", "quem", "qui",
    "quien", "quién", "qué", "se", "sich", "sind", "sono", "su", "sur", "uma", "un", "una", "und",
    "une", "van", "vom", "von", "voor", "vous", "war", "was", "wat", "wer", "wie", "wo", "zu", "zum",
    "zur",
))  # fmt: skip
_GENERAL_STEMS = frozenset(
    stem
    for name in (*_GENERAL, *_FUNCTION_WORDS, *QUESTION_NAMES, *INSTRUCTION_NAMES, *MATERIAL_NAMES)
    for stem in stems_of(name)
)


def wants_all(query: str | None) -> bool:
    """Whether the query wants all of a text, and not only what went wrong by it."""
    return bool(query and _OF_ALL.search(query) and not _WRONG.search(query))


def specific_stems(query: str | None) -> frozenset[str]:
    """The stems of the words that say what the question is about; none where it asks for nothing in
    particular."""
    if not query or _OF_ALL.search(query):
        return frozenset()
    return frozenset(stems_of(query)) - _GENERAL_STEMS
