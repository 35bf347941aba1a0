"""One question and its material, in the layouts in which people and templates send them."""

from __future__ import annotations

import json
import random

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.content import message_pieces
from token_optimizer.optimizer.embedded.pieces import Piece

ANSWER = "The tiles of the bath house came from a kiln at Redmarsh."
QUESTION = "Where was the kiln that made the tiles?"
_SENTENCES = [
    "The bath house stands on the eastern bank below the weir.",
    "A stove in the cellar warmed the water for the women's pool.",
    "The council closed it for two winters because coal was dear.",
    "Its roof was raised when the gallery for swimmers was added.",
    "Children paid half until the fares of the tram were changed.",
    "Letters of the first warden lie in the county archive.",
    "The old pumps were sold to a brewery in the next valley.",
]


def paragraphs(count: int = 16, seed: int = 7) -> list[str]:
    """Paragraphs about one subject, of which one holds the answer."""
    chosen = random.Random(seed)
    told = [" ".join(chosen.choices(_SENTENCES, k=4)) for _ in range(count)]
    told[count // 2] = f"{told[count // 2]} {ANSWER}"
    return told


PARAGRAPHS = paragraphs()
WONDERING = f"I wonder about one thing. {QUESTION} It is for a sign."
ARTICLE = "\n\n".join(PARAGRAPHS)
RUNNING = " ".join(PARAGRAPHS)
NUMBERED = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(PARAGRAPHS, 1))
TAGGED = "\n".join(
    f"<item id='{number}'>\n<heading>Sheet {number}</heading>\n{text}\n</item>"
    for number, text in enumerate(PARAGRAPHS, 1)
)
ROWS = [
    {"page": number, "heading": f"Sheet {number}", "body": text} for number, text in enumerate(PARAGRAPHS)
]

# By name: the message, and what has to stay in it to the letter.
LAYOUTS: dict[str, tuple[str, list[str]]] = {
    "instruction, chunks, label": (
        f"Use these chunks alone. Say so if they do not tell.\n\n{ARTICLE}\n\nQuestion: {QUESTION}\nAnswer:",
        ["Use these chunks alone. Say so if they do not tell.", f"Question: {QUESTION}", "Answer:"],
    ),
    "rules around the context": (
        f"Some context follows.\n=======\n{ARTICLE}\n=======\nKeep to the context above.\nQuery: {QUESTION}",
        ["Some context follows.", "Keep to the context above.", f"Query: {QUESTION}"],
    ),
    "question before the context": (
        f"You help visitors. Answer in one line.\nQuestion: {QUESTION}\nContext: {ARTICLE}\nAnswer:",
        ["You help visitors. Answer in one line.", f"Question: {QUESTION}", "Answer:"],
    ),
    "tags": (
        f"<items>\n{TAGGED}\n</items>\n\n<query>{QUESTION}</query>\n\nWrite two sentences.",
        ["<items>", "</items>", f"<query>{QUESTION}</query>", "Write two sentences."],
    ),
    "tags around everything": (
        f"<job>\n<rules>Be exact.</rules>\n<text>{ARTICLE}</text>\n<question>{QUESTION}</question>\n</job>",
        ["<rules>Be exact.</rules>", f"<question>{QUESTION}</question>"],
    ),
    "headings": (
        f"## Task\nUse the notes.\n\n## Notes\n\n{ARTICLE}\n\n## Question\n\n{QUESTION}\n\n## Style\nPlain.",
        ["Use the notes.", QUESTION, "## Style\nPlain."],
    ),
    "bold labels": (
        f"**Instructions**: Be brief.\n\n**Source text**:\n{ARTICLE}\n\n**User question**: {QUESTION}",
        ["**Instructions**: Be brief.", f"**User question**: {QUESTION}"],
    ),
    "brackets": (
        f"[CONTEXT]\n{ARTICLE}\n[/CONTEXT]\n[QUESTION]\n{QUESTION}\n[/QUESTION]",
        [f"[QUESTION]\n{QUESTION}\n[/QUESTION]"],
    ),
    "begin and end": (
        f"*** BEGIN DOCUMENT ***\n{ARTICLE}\n*** END DOCUMENT ***\n\n{QUESTION}",
        ["*** BEGIN DOCUMENT ***", QUESTION],
    ),
    "capitals": (f"ARTICLE\n\n{ARTICLE}\n\nEND OF ARTICLE\n\nQUESTION\n{QUESTION}", [QUESTION]),
    "triple quotes": (f'{QUESTION}\n\nText: """{ARTICLE}"""', [QUESTION, 'Text: """']),
    "a fence": (f"Read this:\n\n```\n{ARTICLE}\n```\n\n{QUESTION}", ["Read this:", "```", QUESTION]),
    "numbered": (f"{NUMBERED}\n\nCite like [3]. {QUESTION}", [f"Cite like [3]. {QUESTION}"]),
    "fields": (
        "Documents:\n"
        + "\n".join(f"URL: https://x.example/{n}\nTEXT: {text}\n" for n, text in enumerate(PARAGRAPHS))
        + f"\nquery: {QUESTION}",
        ["Documents:", f"query: {QUESTION}"],
    ),
    "rows of JSON": (f"{QUESTION}\n\n{json.dumps(ROWS)}", [QUESTION]),
    "JSON over lines": (f"{QUESTION}\n\n{json.dumps({'hits': ROWS}, indent=1)}", [QUESTION]),
    "an article and a question": (f"{ARTICLE}\n\n{QUESTION}", [QUESTION]),
    "a question and an article": (f"{QUESTION}\n\n{ARTICLE}", [QUESTION]),
    "one paragraph": (f"{RUNNING} {QUESTION}", [QUESTION]),
    "one line": (
        f"Context: {RUNNING} Question: {QUESTION} Answer:",
        [f"Question: {QUESTION} Answer:"],
    ),
    "a question between": (
        "\n\n".join([*PARAGRAPHS[:7], QUESTION, *PARAGRAPHS[7:]]),
        [QUESTION],
    ),
    "a question between, with words around it": (
        "\n\n".join([*PARAGRAPHS[:7], WONDERING, *PARAGRAPHS[7:]]),
        [WONDERING],
    ),
    "headings between signs": (
        "".join(f"=== Sheet {n} ===\n{text}\n" for n, text in enumerate(PARAGRAPHS))
        + f"=== ASKED ===\n{QUESTION}",
        [QUESTION],
    ),
    "quoted": (f"{QUESTION}\n\n" + "\n>\n".join(f"> {text}" for text in PARAGRAPHS), [QUESTION]),
    "columns": (
        f"{QUESTION}\n\n" + "\n".join(f"{n}\tSheet {n}\t{text}" for n, text in enumerate(PARAGRAPHS)),
        [QUESTION],
    ),
    "an order at the end": (f"{ARTICLE}\n\nSum up the text above.", ["Sum up the text above."]),
    "German": (
        f"Antworte nach dem folgenden Text.\n\n{ARTICLE}\n\nFrage: Woher kamen die Kacheln?\nAntwort:",
        ["Antworte nach dem folgenden Text.", "Frage: Woher kamen die Kacheln?", "Antwort:"],
    ),
    "French": (
        f"Voici des extraits :\n\n{ARTICLE}\n\nD'après ces extraits, d'où viennent les carreaux ?",
        ["Voici des extraits :", "D'après ces extraits, d'où viennent les carreaux ?"],
    ),
    "Portuguese": (
        f"Contexto:\n{ARTICLE}\n\nPergunta: De onde vieram os azulejos?\nResposta:",
        ["Contexto:", "Pergunta: De onde vieram os azulejos?", "Resposta:"],
    ),
    "Polish": (f"Kontekst:\n{ARTICLE}\n\nPytanie: Skąd są kafelki?", ["Pytanie: Skąd są kafelki?"]),
    "Ukrainian": (f"Контекст:\n{ARTICLE}\n\nПитання: Звідки кахлі?", ["Питання: Звідки кахлі?"]),
    "Turkish": (f"Metin:\n{ARTICLE}\n\nSoru: Fayanslar nereden geldi?", ["Soru: Fayanslar nereden geldi?"]),
    "Chinese": (f"资料：\n{ARTICLE}\n\n问题：瓷砖来自哪里？\n回答：", ["问题：瓷砖来自哪里？", "回答："]),
    "Japanese": (f"文書：\n{ARTICLE}\n\n質問：タイルの産地は？", ["質問：タイルの産地は？"]),
    "Korean": (f"문서:\n{ARTICLE}\n\n질문: 타일은 어디에서 왔나요?", ["질문: 타일은 어디에서 왔나요?"]),
    "Hindi": (f"संदर्भ:\n{ARTICLE}\n\nप्रश्न: टाइलें कहाँ से आईं?", ["प्रश्न: टाइलें कहाँ से आईं?"]),
    "Arabic": (f"السياق:\n{ARTICLE}\n\nالسؤال: من أين جاء البلاط؟", ["السؤال: من أين جاء البلاط؟"]),
    "Thai": (f"บริบท:\n{ARTICLE}\n\nคำถาม: กระเบื้องมาจากที่ใด", ["คำถาม: กระเบื้องมาจากที่ใด"]),
}  # fmt: skip


def asking_of(text: str) -> str:
    """The prose of the message that asks."""
    return "".join(piece.raw for piece in message_pieces(text) if is_asking(piece))


def is_asking(piece: Piece) -> bool:
    """Whether the piece is prose that asks."""
    return piece.kind is Kind.PROSE and not piece.background
