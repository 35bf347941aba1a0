"""What in a text asks: questions, instructions, and the labels that announce them.

The words are those of some twenty languages. They only help: a short text at the edge of a long one asks,
whatever its language.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache

from token_optimizer.optimizer.relevance.words import WORD
from token_optimizer.sentences import sentences


class Role(StrEnum):
    """What a part of a prompt is for, as its label or heading says."""

    QUESTION = "question"
    INSTRUCTION = "instruction"
    MATERIAL = "material"
    NONE = "none"


def _listed(names: str) -> list[str]:
    return names.split()


_QUESTION_NAMES = _listed("""
question questions query queries ask prompt request q frage fragen anfrage nutzerfrage pregunta preguntas
consulta pergunta perguntas domanda domande requête vraag vragen pytanie pytania otázka kérdés întrebare
fråga spørgsmål spørsmål kysymys вопрос вопросы запрос питання въпрос soru sorular ερώτηση שאלה سؤال السؤال
أسئلة پرسش سوال प्रश्न सवाल প্রশ্ন pertanyaan soalan คำถาม hỏi tanong swali
""")
_INSTRUCTION_NAMES = _listed("""
task tasks instruction instructions answer answers answering output response responses reply format role rules
rule guideline guidelines requirement requirements constraint constraints goal goals objective assignment todo
steps style tone persona audience job command directive directives criteria
aufgabe aufgaben anweisung anweisungen antwort regeln ausgabe rolle ziel hinweise auftrag
tâche consigne consignes réponse règles rôle objectif tarea tareas instrucción instrucciones respuesta reglas
salida rol tarefa instruções instrução resposta regras saída papel compito istruzioni risposta regole ruolo
opdracht instructies antwoord regels zadanie polecenie odpowiedź zasady instrukcje úkol odpověď pokyny feladat
válasz sarcină răspuns uppgift svar instruktioner opgave oppgave tehtävä vastaus задача задание инструкция
инструкции ответ правила завдання відповідь görev cevap yanıt talimat talimatlar kurallar οδηγίες απάντηση
משימה הוראות תשובה مهمة المهمة التعليمات تعليمات الإجابة الجواب पाठ्यकार्य निर्देश उत्तर tugas jawaban instruksi
คำสั่ง คำตอบ nhiệm lời kazi jibu
""")
_MATERIAL_NAMES = _listed("""
context contexts text texts document documents docs doc article articles passage passages content contents
source sources information info knowledge transcript data background reference references material materials
excerpt excerpts snippet snippets chunk chunks evidence results paragraph paragraphs page pages faq manual
report paper contract letter email emails notes story log logs table corpus facts input history conversation
kontext dokument dokumente artikel auszug auszüge quelle quellen unterlagen wissen hintergrund informationen
inhalt vertrag absatz material abschnitt contexte texte extrait extraits informations connaissances contenu
contexto texto textos documento documentos fragmento fragmentos fuente fuentes información artículo trecho
trechos fonte fontes contesto testo testi documenti brano brani informazioni tekst teksten bron bronnen
kontekst dokumenty źródła źródło artykuł zdroj zdroje szöveg kontextus forrás sursă sammanhang källa källor
tekster kilde kilder teksti lähde контекст текст тексты документ документы источник источники отрывок статья
материал материалы джерела bağlam metin belge belgeler kaynak πλαίσιο κείμενο הקשר טקסט מסמך السياق النص
الوثائق المصادر संदर्भ पाठ दस्तावेज़ konteks teks dokumen sumber บริบท ข้อความ เอกสาร cảnh bản liệu nguồn
muktadha maandishi
""")
# In scripts without spaces a name may stand anywhere in a label.
_UNSPACED_NAMES = {
    Role.QUESTION: _listed("问题 問題 提问 查询 質問 質疑 問い 질문 물음 문의 คำถาม"),
    Role.INSTRUCTION: _listed(
        "任务 任務 指令 指示 回答 答案 要求 规则 課題 答え ルール 役割 과제 지시 답변 규칙 คำตอบ คำสั่ง"
    ),
    Role.MATERIAL: _listed(
        "上下文 背景 资料 資料 文档 文檔 文本 文章 材料 内容 內容 参考 來源 来源 文脈 コンテキスト 文書 "
        "本文 参考 記事 "
        "문맥 컨텍스트 문서 본문 자료 참고 บริบท ข้อความ เอกสาร"
    ),
}
_NAMES = {
    **dict.fromkeys(_MATERIAL_NAMES, Role.MATERIAL),
    **dict.fromkeys(_INSTRUCTION_NAMES, Role.INSTRUCTION),
    **dict.fromkeys(_QUESTION_NAMES, Role.QUESTION),
}
_MAX_NAME_WORDS = 5
_LABEL = re.compile(r"[ \t]*(?:[#>*_•-]{1,6}[ \t]*)?(?P<name>[^\W\d_][^\n:：]{0,48}?)[*_]{0,3}[ \t]*[:：]")
_ASKS = re.compile(r"\?[\"'”’»)\]*_]{0,4}(?=\s|\Z)|[？؟⁇]")
_REQUEST = re.compile(
    r"""(?xi)
    (?:^|[.!?:;]\s+|\n)[ \t"'“*_(>-]{0,4}(?:now,?\s|then,?\s|and\s|so,?\s|next,?\s|please,?\s
    |kindly\s){0,2}(?:
        answer|summari[sz]e|explain|describe|list|extract|translate|identify|compare|rewrite|respond|reply|return
      | tell|give|find|write|use|using|based\ on|according\ to|with\ (?:this|the)|from\ the|refer|read
      |consider
      | analy[sz]e|classify|determine|state|provide|name|quote|cite|look|search|decide|check|act|do\ not
      |don['’]t
      | never|always|only|if\ (?:you|the)|given|here\ (?:is|are)|below|above|follow|you\ are|let['’]s
      |note\ that
      | keep|say|make|help|i\ (?:will|want|need|am|have|would|shall|['’]d)|i['’](?:ll|m|d|ve)
      |we\ (?:want|need)
      | beantworte\w*|antworte\w*|fasse|nenne|erkläre|nutze|verwende|lies|hier\ (?:ist|sind)|du\ bist
      |sie\ sind
      | répond\w*|résume\w*|explique\w*|utilise\w*|voici|tu\ es|vous\ êtes|d['’]après|à\ partir
      | respond[ae]\w*|resum[ae]\w*|explica\w*|utiliza|usa|usando|lee|aquí\ (?:está|tienes)|eres|según
      | responda|resuma|explique|você\ é|aqui\ está|com\ base|rispond[ai]\w*|riassum[ia]\w*|spiega|ecco
      |sei\ un
      | beantwoord|vat|gebruik|hier\ (?:is|zijn)|odpowiedz|streść|użyj|oto|ответь\w*|отвечай\w*|используй\w*
      | кратко|перескажи\w*|вот|прочти\w*|прочитай\w*|cevapla\w*|yanıtla\w*|özetle\w*|jawab\w*|gunakan
      |svara|besvar
    )\b
    | \b(?:please|bitte|por\ favor|s['’]il\ (?:te|vous)\ plaît|per\ favore|пожалуйста|lütfen|tolong|proszę)\b
    | (?:请|請|回答|总结|總結|根据|根據|以下|ください|下さい|答えて|まとめて|해줘|하세요|하시오|답하
    |요약|다음|โปรด|กรุณา|จงตอบ|अनुसार|कृपया|بناء|أجب)
    """
)
_MENTIONS = re.compile(
    r"(?i)\b(?:[^\W\d_]+\s+)?(?:above|below|following|preceding|provided|given|retrieved|this|these|folgende[nrs]?|obige[nrs]?"
    r"|suivante?s?|ci-dessus|ci-dessous|siguientes?|anterior|seguinte|seguente|следующ\w+|ниже|выше)\b"
    r"(?:\s+[^\W\d_]+){0,3}"
)
_FOLLOWS = re.compile(
    r"(?i)\b(?:below|following|here (?:is|are)|folgende[nrs]?|unten|hier (?:ist|sind)|suivante?s?"
    r"|ci-dessous|voici"
    r"|siguientes?|abajo|seguintes?|abaixo|seguent[ei]|ecco|следующ\w+|ниже|вот)\b|以下|下面|次の|다음"
)
_ADDRESSES = re.compile(
    r"(?i)\b(?:you|your|yours|must|should|shall|need to|have to|i|my|me|we|our|us|du|dein\w*|ihr\w*|ich"
    r"|mein\w*|wir"
    r"|muss|musst|sollst|sollte\w*|tu|vous|votre|vos|je|mon|nous|tú|usted|mi|você|meu|tuo|mio|ты|вы|твой|ваш|я|мне|мы)\b"
)
_DIRECTIVE = re.compile(
    r"(?i)\b(?:you|your|must|should|shall|need to|have to|never|always|do not|don['’]t|please|make sure"
    r"|ensure"
    r"|du|dein\w*|sie sollen|muss|müssen|darf|dürfen|bitte|immer|niemals|vous|votre|tu|toujours|jamais|usted"
    r"|debes?|deben|siempre|nunca|você|deve|sempre|mai|devi|ты|вы|должен|должны|всегда|никогда)\b"
)
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+(?P<name>[^\n]{1,80}?)[ \t#:：]*$")
_CAPITALS = re.compile(r"[ \t]*(?P<name>[^\W\d_][^\n.!?:]{2,48}?)[ \t]*:?[ \t]*$")
_CLOSES = re.compile(r"(?i)\W*/|\W*(?:end|ende|fin|fine|fim|конец|koniec|slut|son|结束|終わり|끝)\b")
_MAX_CAPITAL_WORDS = 6
_MAX_HEADING_CHARS = 100
_BRACKETS = "[({<【〔《"
_MARKS_AROUND = " \t[](){}<>=*_~#+|【】〔〕《》:：-–—/"
_TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,60})(?:\s[^<>\n]{0,200})?>")
_DECORATION = " \t*_#"
# A paragraph that is longer than this is read as material, unless it asks at its end.
MAX_ASKING_CHARS = 600


@lru_cache(maxsize=4_000)
def role_of_name(name: str) -> Role:
    """The role that a label, a heading or a tag gives to what it stands over."""
    words = WORD.findall(name.lower().replace("_", " ").replace("-", " "))
    if not words or len(words) > _MAX_NAME_WORDS or _CLOSES.match(name):
        return Role.NONE
    for role in (Role.QUESTION, Role.INSTRUCTION, Role.MATERIAL):
        if any(_NAMES.get(word) is role for word in words):
            return role
    for role, names in _UNSPACED_NAMES.items() if not name.isascii() else ():
        if any(part in word for part in names for word in words):
            return role
    return Role.NONE


def closes(name: str) -> bool:
    """Whether the words of a heading close what was opened before: "END OF TEXT", "/context"."""
    return _CLOSES.match(name) is not None


def label_of(line: str) -> tuple[Role, int]:
    """The role and the length of the label that opens the line; no role where no known label does."""
    match = _LABEL.match(line)
    return (role_of_name(match.group("name")), match.end()) if match else (Role.NONE, 0)


def label_role(line: str) -> Role:
    """The role of the label that opens the line; none where no known label does."""
    return label_of(line)[0]


def heading_name(line: str) -> str | None:
    """The words of a line that is a heading: marked as such, between decoration, or in capitals."""
    match = _HEADING.match(line)
    if match:
        return match.group("name")
    if len(line) > _MAX_HEADING_CHARS:
        return None
    name = _between_decoration(line)
    if name is not None:
        return name
    match = _CAPITALS.match(line)
    if match and match.group("name").isupper() and len(match.group("name").split()) <= _MAX_CAPITAL_WORDS:
        return match.group("name")
    return None


def _between_decoration(line: str) -> str | None:
    """The words between brackets, dashes and the like: "[CONTEXT]", "--- Notes ---", "**Task**:"."""
    bare = line.strip()
    if _TAG.fullmatch(bare):
        return None
    name = bare.strip(_MARKS_AROUND)
    is_opened = bare[:1] in _BRACKETS or bare[:1] == bare[1:2]
    is_closed = bare[-1:] in _MARKS_AROUND and bare[-1:] != "/"
    if not (name and is_opened and is_closed and bare[0] in _MARKS_AROUND and name[0].isalpha()):
        return None
    closing = "/" if bare.lstrip(_MARKS_AROUND.replace("/", "")).startswith("/") else ""
    return closing + name if not any(mark in name for mark in ".!?") else None


def asks_question(text: str) -> bool:
    """Whether a sentence of the text ends with a question mark."""
    return _ASKS.search(text) is not None


def asks(text: str) -> bool:
    """Whether the text asks or instructs, or speaks of the material that it comes with."""
    if len(text) > MAX_ASKING_CHARS:
        return False
    if asks_question(text) or label_role(text) in (Role.QUESTION, Role.INSTRUCTION):
        return True
    return _REQUEST.search(text) is not None or mentions_material(text)


def mentions_material(text: str) -> bool:
    """Whether the text speaks of the material that stands beside it."""
    return any(
        _NAMES.get(word.lower()) is Role.MATERIAL
        for match in _MENTIONS.finditer(text)
        for word in WORD.findall(match.group())
    )


def announces_what_follows(text: str) -> bool:
    """Whether the text speaks of something that stands behind it."""
    return _FOLLOWS.search(text) is not None


def addresses(text: str) -> bool:
    """Whether the short text speaks to somebody or of the one who writes."""
    return len(text) <= MAX_ASKING_CHARS and _ADDRESSES.search(text) is not None


def directive_share(text: str) -> float:
    """The share of the sentences that tell the reader what to do."""
    return _share(text, lambda sentence: bool(_DIRECTIVE.search(sentence) or _REQUEST.match(sentence)))


def personal_share(text: str) -> float:
    """The share of the sentences that address somebody, or in which the writer speaks of himself."""
    return _share(text, lambda sentence: _ADDRESSES.search(sentence) is not None)


def question_of(text: str) -> str:
    """What is asked in a text that asks and instructs: what a label calls the question; else its questions,
    and what it says besides instructions; without a question all but what only introduces the material."""
    labelled = _labelled(text.splitlines())
    if labelled:
        return labelled
    said = [one for one in sentences(text) if any(map(str.isalnum, one)) and not _TAG.fullmatch(one)]
    strip = _unless_instruction if any(map(asks_question, said)) else _unless_introduction
    return "\n".join(filter(None, map(strip, said))) or text


def _labelled(lines: list[str]) -> str:
    """The paragraphs that a label calls a question, without the label."""
    found: list[str] = []
    inside = below_heading = False
    for line in lines:
        line = _TAG.sub(_as_label, line)
        name = heading_name(line)
        role, length = (role_of_name(name), len(line)) if name is not None else label_of(line)
        if role is not Role.NONE or name is not None:
            inside, below_heading = role is Role.QUESTION, name is not None
            line = line[length:]
        elif not line.strip() and found and not below_heading:
            inside = False
        if inside and any(map(str.isalnum, line)):
            found.append(line.strip(_DECORATION))
    return "\n".join(found)


def _as_label(match: re.Match[str]) -> str:
    """An opening tag as the label that it stands for; nothing for a closing one."""
    return "" if match.group(1) else f"{match.group(2)}: "


def _unless_instruction(sentence: str) -> str:
    """The sentence where it asks, or neither instructs nor speaks of the material."""
    if asks_question(sentence):
        return sentence
    if label_role(sentence) is not Role.NONE or mentions_material(sentence) or _REQUEST.match(sentence):
        return ""
    return _unless_introduction(sentence)


def _unless_introduction(sentence: str) -> str:
    """The sentence; of one with a colon what stands behind it, which is nothing where it introduces."""
    role, length = label_of(sentence)
    if role is Role.MATERIAL or heading_name(sentence) is not None:
        return ""
    if role is not Role.NONE:
        return sentence[length:].strip()
    instruction, colon, rest = sentence.partition(":")
    is_led_in = colon and (not rest.strip() or mentions_material(instruction) or _REQUEST.match(instruction))
    return rest.strip() if is_led_in else sentence


def _share(text: str, counts: Callable[[str], bool]) -> float:
    found = list(sentences(text))
    return sum(map(counts, found)) / len(found) if found else 0.0
