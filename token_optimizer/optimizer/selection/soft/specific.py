"""Tells whether a question asks for something in particular, so that what has nothing to do with it may go.

Before: "Translate the report into French.", "Give me an overview of this document.", "I will ask later."
After:  nothing in particular
Before: "Who signed the report on the harbour bridge?"
After:  sign, harbour, bridg
"""

from __future__ import annotations

import re

from token_optimizer.optimizer.embedded.question.asking_words import (
    INSTRUCTION_NAMES,
    MATERIAL_NAMES,
    QUESTION_NAMES,
)
from token_optimizer.optimizer.embedded.question.caseless import CaselessPattern
from token_optimizer.optimizer.logs.languages import ERROR_WORDS
from token_optimizer.optimizer.relevance.words import stems_of
from token_optimizer.text.cache import remembered
from token_optimizer.text.sentences import sentences

# What is done to a text as a whole: all of it is needed, whatever else the words say.
_OF_ALL = CaselessPattern(
    r"""\b(?:translat|convert\s(?:it|this|that|these|those|them|the)(?:\s\w+){0,3}\s(?:in)?to\b|proof-?read|rewrit|rephras|paraphras|reformat|transcrib|transliterat
    |polish\s+the
    |correct\s+(?:the|this|my|all|any)|fix\s+(?:the|my|all|any)\s+(?:grammar|spelling|typos)|improve\s+the\s+(?:text|writing|style)
    |(?:entire|whole|full|complete)\s+(?:text|document|article|conversation|transcript|meeting|file|data|list|thread)
    |everything|word\s+for\s+word|verbatim|for\s+(?:each|every)
    |(?:list|extract|find|give|show|name|count|collect|enumerate|get)\b[^.?!]{0,30}\b(?:all|every|each)\s
    |(?:reply|respond|response|answer)\s(?:to|on)\b[^.?!]{0,40}
      \b(?:this|last|latest|newest|recent|above|following|his|her|their)\s(?:e-?mail|mail|letter)s?\b
    |antwort[^.?!]{0,40}\b(?:letzten?|diese[nrs]?|neueste[nr]?)\s(?:e-?)?mail
    |(?:liste|nenne|zähle|zeige)\b[^.?!]{0,30}\balle|(?:liste[rz]?|cite[rz]?|donne[rz]?)\b[^.?!]{0,30}\bt(?:ous|outes)
    |(?:lista|enumera|dame|extrae)\b[^.?!]{0,30}\btod[oa]s
    |übersetz|umschreib|korrigier|alles\b|traduis|tradui[rst]|corrige|réécri|traduc|traduz|reescrib|corrig|tradurre|traduci
    |vertaal|przetłumacz|перевед|перепиш|исправь)
    |翻译|翻譯|改写|润色|校对|所有|全部|翻訳|書き換え|校正|すべて|全て|번역|교정|모든|모두""",
)
_WRONG = re.compile(
    rf"(?i)error|fail|exception|warn|wrong|trouble|problem|issue|crash|slow|unusual|odd|\b[45]xx\b|{ERROR_WORDS}"
)
# Words of tasks and of texts in general: none of them says which part of a text is asked about.
_GENERAL = frozenset((
    "above", "abstract", "action", "analyse", "analysis", "analyze", "anomalies", "anomaly", "answer",
    "answers", "ask", "attached", "based", "below", "best", "bitte", "blog", "book", "brief", "briefly",
    "bullet", "bullets", "call", "calls", "cet", "chapter", "chapters", "chat", "classify", "clearly",
    "column", "columns", "commit", "commits", "concise", "conclusion", "conclusions", "consider",
    "continue", "decided", "decision", "decisions", "describe", "detail", "detailed", "details",
    "discharge", "discuss", "discussed", "discussion", "dr", "draft", "eight", "email", "emails",
    "entries", "entry", "essay", "explain", "extract", "fasse", "file", "files", "find", "findings",
    "finish", "first", "five", "following", "four", "full", "general", "given", "help", "here",
    "highlight", "highlights", "idea", "ideas", "identify", "important", "individual", "insight",
    "insights", "interesting", "issue", "issues", "item", "items", "json", "keep", "key", "know",
    "language", "last", "later", "learn", "length", "let", "letter", "letters", "list", "load", "long",
    "look", "mail", "mails", "main", "make", "meeting", "memo", "memorize", "mind", "minutes", "need",
    "next", "nine", "notable", "note", "now", "odd", "ok", "okay", "outlier", "outliers", "outline",
    "overall", "overview", "paper", "people", "phrases", "podsumuj", "point", "points", "post",
    "present", "problem", "problems", "provide", "provided", "pull", "quiz", "rate", "read", "ready",
    "record", "records", "release", "relevant", "remember", "reply", "respond", "resume", "resumen",
    "resumir", "resumo", "review", "riassumi", "riassunto", "row", "rows", "résume", "résumé",
    "samenvatting", "say", "section", "sections", "sentence", "sentences", "sentiment", "seven",
    "short", "show", "simple", "six", "slack", "speaker", "speakers", "start", "state", "step", "store",
    "strange", "structure", "study", "sum", "summaries", "summarise", "summarize", "summary",
    "suspicious", "takeaway", "takeaways", "teams", "ten", "thank", "thanks", "theme", "themes",
    "thing", "things", "think", "three", "title", "tl", "tldr", "tone", "topic", "topics", "trois",
    "turn", "two", "understand", "unusual", "use", "using", "value", "values", "verlauf", "want", "way",
    "weird", "word", "words", "work", "worst", "write", "zusammen", "zusammenfassung", "überblick",
    "кратко", "обобщи", "резюме", "まと", "总结", "摘要", "概括", "總結", "要約", "요약",
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
# What only all records together tell: means, sums, shares, groups, those on one side of a bound.
_OVER_RECORDS = CaselessPattern(
    r"""\bsummar(?:i[sz]|y)\w*|\boverview\b|\b(?:fasse?|zusammenfass\w*)\b.{0,60}\b(?:zusammen|daten)|überblick
    |\brésum\w+|\bresum(?:e|ir|en|a)\b|\briassum\w+|\bdescribe\ (?:the|this|these)\ (?:data|table|records?)
    |\b(?:in\ total|altogether|on\ average|over\ time|group(?:ed)?\ by|per\ cent)\b
    |\b(?:the|an?)\ (?:[\w-]+\ )?(?:average|mean|median|sum|distribution|percentage|proportion|correlation
      |standard\ deviation|variance|histogram)\b
    |\b(?:average|total)\ (?:\w+\ ){0,2}(?:of|for|per|by|in)\b
    |\bthe\ (?:overall|combined|total)\b|\b(?:most|least)\ (?:common|frequent|often|popular)
    |\b(?:has|have|had|with)\ the\ (?:most|fewest)\b|\b(?:duplicate|distinct|unique)s?\ \w|\btrends?\b
    |\b(?:more|less|fewer|(?:old|young|high|low|great|larg|small|cheap|earli|lat|long|short|bigg|fast|slow)er)
      \ than\b
    |\b(?:over|above|below|under|exceed(?:s|ing)?|at\ (?:least|most)|before|after|since|until|between)\ \W?\d
    |[<>]=?\ ?\d|durchschnitt|insgesamt|\bsumme\b|häufigst
    |\b(?:über|unter|mindestens|höchstens|vor|nach|seit)\ \d
    |\b(?:mehr|weniger|älter|jünger|höher|größer|kleiner)\ als\b
    |\b(?:plus|moins)\ (?:de|que)\b|\bmoyenne\b|\bau\ total\b|\bla\ somme\b
    |\b(?:más|menos)\ (?:de|que)\b|\bpromedio\b|\ben\ total\b|\bin\ media\b|\bmédia\b|\bgemiddelde?\b|\bсредн
    |平均|总共|總共|总数|合計|合计|一共|평균|합계""",
)
# Counts, too, but for what one record says of itself, named by a number, in quotes, or as the largest.
_COUNTS = CaselessPattern(
    r"""\bhow\s(?:many|often)\b|(?:^|\b(?:the|a|what|total|exact)\s)(?:number|count)\sof\b|\bwie\s(?:viele|oft)\b|\banzahl\b|\bcombien\sde\b
    |\bcuánt[oa]s\b|\bquant[ei]\b|\bquant[oa]s\b|\bhoeveel\b|\bсколько\b|几个|幾個|いくつ|何人|何件|몇\s?(?:개|명)""",
)
_NAMES_ONE = CaselessPattern(
    r"""\d\d|["“`«]|\w[_/]\w|\b(?:do|does|did|has|have|had)\ (?:the\ )?\w+-[\w-]+\b
    |\b(?:after|within|for)\ how\ many\b
    |\bhow\ many\ (?:\w+\ ){1,3}(?:an?|per)\ (?:second|minute|hour|day|week|month|year|user|person)\b
    |\bhow\ many\ (?:\w+\ ){1,4}(?:may|can|must|should|(?:is|are)\ (?:allowed|permitted|needed|required))\b
    |\bhow\ many\ (?:\w+\ ){1,3}(?:has|have|had|does|did)\ the\ (?:\w+est|most|least)\b""",
)
_GENERAL_STEMS = frozenset(
    stem
    for name in (*_GENERAL, *_FUNCTION_WORDS, *QUESTION_NAMES, *INSTRUCTION_NAMES, *MATERIAL_NAMES)
    for stem in stems_of(name)
)
# Several stages ask for what one question wants, and each next turn does.
_MAX_QUESTIONS = 256
_MAX_CHARS = 2_000_000


@remembered(_MAX_QUESTIONS)
def wants_all(query: str) -> bool:
    """Whether the query wants all of a text, and not only what went wrong by it."""
    if not _OF_ALL.is_in(query):
        return False
    of_wrong = [(one, _WRONG.search(one) is not None) for one in sentences(query)]
    asks_what_went_wrong = any(is_wrong and "?" in one for one, is_wrong in of_wrong)
    return not asks_what_went_wrong and any(_OF_ALL.is_in(one) and not wrong for one, wrong in of_wrong)


@remembered(_MAX_QUESTIONS)
def asks_what_went_wrong(query: str) -> bool:
    """Whether the query asks for errors and what led to them."""
    return _WRONG.search(query) is not None


@remembered(_MAX_QUESTIONS)
def is_over_records(query: str) -> bool:
    """Whether the query asks for what only all records of data together tell."""
    is_count = _COUNTS.is_in(query) and not _NAMES_ONE.is_in(query)
    return is_count or _OVER_RECORDS.is_in(query)


@remembered(_MAX_QUESTIONS, _MAX_CHARS)
def specific_stems(query: str) -> frozenset[str]:
    """The stems of the words that say what the question is about; none where it asks for nothing in
    particular."""
    return frozenset() if _OF_ALL.is_in(query) else frozenset(stems_of(query)) - _GENERAL_STEMS
