"""The words by which a text is known to ask, to instruct, or to speak of its material, in some twenty
languages.

Names are those of labels, headings and tags; the others are parts of patterns.
"""

from __future__ import annotations

QUESTION_NAMES = (
    "question", "questions", "query", "queries", "ask", "prompt", "request", "q", "frage", "fragen",
    "anfrage", "nutzerfrage", "pregunta", "preguntas", "consulta", "pergunta", "perguntas", "domanda",
    "domande", "requête", "vraag", "vragen", "pytanie", "pytania", "otázka", "kérdés", "întrebare",
    "fråga", "spørgsmål", "spørsmål", "kysymys", "вопрос", "вопросы", "запрос", "питання", "въпрос",
    "soru", "sorular", "ερώτηση", "שאלה", "سؤال", "السؤال", "أسئلة", "پرسش", "سوال", "प्रश्न", "सवाल",
    "প্রশ্ন", "pertanyaan", "soalan", "คำถาม", "hỏi", "tanong", "swali",
)  # fmt: skip
INSTRUCTION_NAMES = (
    "task", "tasks", "instruction", "instructions", "answer", "answers", "answering", "output",
    "response", "responses", "reply", "format", "role", "rules", "rule", "guideline", "guidelines",
    "requirement", "requirements", "constraint", "constraints", "goal", "goals", "objective",
    "assignment", "todo", "steps", "style", "tone", "persona", "audience", "job", "command",
    "directive", "directives", "criteria", "aufgabe", "aufgaben", "anweisung", "anweisungen", "antwort",
    "regeln", "ausgabe", "rolle", "ziel", "hinweise", "auftrag", "tâche", "consigne", "consignes",
    "réponse", "règles", "rôle", "objectif", "tarea", "tareas", "instrucción", "instrucciones",
    "respuesta", "reglas", "salida", "rol", "tarefa", "instruções", "instrução", "resposta", "regras",
    "saída", "papel", "compito", "istruzioni", "risposta", "regole", "ruolo", "opdracht", "instructies",
    "antwoord", "regels", "zadanie", "polecenie", "odpowiedź", "zasady", "instrukcje", "úkol",
    "odpověď", "pokyny", "feladat", "válasz", "sarcină", "răspuns", "uppgift", "svar", "instruktioner",
    "opgave", "oppgave", "tehtävä", "vastaus", "задача", "задание", "инструкция", "инструкции", "ответ",
    "правила", "завдання", "відповідь", "görev", "cevap", "yanıt", "talimat", "talimatlar", "kurallar",
    "οδηγίες", "απάντηση", "משימה", "הוראות", "תשובה", "مهمة", "المهمة", "التعليمات", "تعليمات",
    "الإجابة", "الجواب", "पाठ्यकार्य", "निर्देश", "उत्तर", "tugas", "jawaban", "instruksi", "คำสั่ง",
    "คำตอบ", "nhiệm", "lời", "kazi", "jibu",
)  # fmt: skip
# Those that stand for what is answered.
ANSWER_NAMES = (
    "answer", "answers", "output", "response", "label", "antwort", "réponse", "respuesta", "resposta",
    "risposta", "antwoord", "odpowiedź", "odpověď", "válasz", "răspuns", "răspunsul", "svar", "svaret",
    "vastaus", "ответ", "відповідь", "cevap", "yanıt", "απάντηση", "תשובה", "الإجابة", "الجواب", "उत्तर",
    "jawaban", "jawabannya", "jibu",
)  # fmt: skip
MATERIAL_NAMES = (
    "context", "contexts", "text", "texts", "document", "documents", "docs", "doc", "article",
    "articles", "passage", "passages", "content", "contents", "source", "sources", "information",
    "info", "knowledge", "transcript", "data", "background", "reference", "references", "material",
    "materials", "excerpt", "excerpts", "snippet", "snippets", "chunk", "chunks", "evidence", "results",
    "paragraph", "paragraphs", "page", "pages", "faq", "manual", "report", "paper", "contract",
    "letter", "email", "emails", "meeting", "minutes", "recording", "thread", "subtitles", "captions",
    "interview", "messages", "chat", "notes", "story", "log", "logs", "table", "corpus", "facts", "input",
    "history", "conversation", "memory", "memories", "gedächtnis", "erinnerungen", "mémoire", "souvenirs",
    "memoria", "memorias", "recuerdos", "kontext", "dokument", "dokumente", "artikel", "auszug", "auszüge",
    "quelle", "quellen", "unterlagen", "wissen", "hintergrund", "informationen", "inhalt", "vertrag",
    "absatz", "abschnitt", "contexte", "texte", "extrait", "extraits", "informations", "connaissances",
    "contenu", "contexto", "texto", "textos", "documento", "documentos", "fragmento", "fragmentos",
    "fuente", "fuentes", "información", "artículo", "trecho", "trechos", "fonte", "fontes", "contesto",
    "testo", "testi", "documenti", "brano", "brani", "informazioni", "tekst", "teksten", "bron",
    "bronnen", "kontekst", "dokumenty", "źródła", "źródło", "artykuł", "zdroj", "zdroje", "szöveg",
    "kontextus", "forrás", "sursă", "sammanhang", "källa", "källor", "tekster", "kilde", "kilder",
    "teksti", "lähde", "контекст", "текст", "тексты", "документ", "документы", "источник", "источники",
    "отрывок", "статья", "материал", "материалы", "джерела", "bağlam", "metin", "belge", "belgeler",
    "kaynak", "πλαίσιο", "κείμενο", "הקשר", "טקסט", "מסמך", "السياق", "النص", "الوثائق", "المصادر",
    "संदर्भ", "पाठ", "दस्तावेज़", "konteks", "teks", "dokumen", "sumber", "บริบท", "ข้อความ", "เอกสาร",
    "cảnh", "bản", "liệu", "nguồn", "muktadha", "maandishi",
)  # fmt: skip
# In scripts without spaces a name may stand anywhere in a label.
UNSPACED_QUESTION_NAMES = (
    "问题", "問題", "提问", "查询", "質問", "質疑", "問い", "질문", "물음", "문의", "คำถาม",
)  # fmt: skip
UNSPACED_INSTRUCTION_NAMES = (
    "任务", "任務", "指令", "指示", "回答", "答案", "要求", "规则", "課題", "答え", "ルール", "役割",
    "과제", "지시", "답변", "규칙",
    "คำตอบ", "คำสั่ง",
)  # fmt: skip
UNSPACED_MATERIAL_NAMES = (
    "上下文", "背景", "资料", "資料", "文档", "文檔", "文本", "文章", "材料", "内容", "內容", "参考",
    "來源", "来源", "记忆", "記憶", "기억", "文脈", "コンテキスト",
    "文書", "本文", "記事", "문맥", "컨텍스트", "문서", "본문", "자료", "참고", "บริบท", "ข้อความ",
    "เอกสาร",
)  # fmt: skip
# A sentence that opens with one of these asks for something, or hands something over.
REQUESTS = (
    "answer", "summari[sz]e", "explain", "describe", "list", "extract", "translate", "identify",
    "compare", "rewrite", "respond", "reply", "return", "tell", "give", "find", "write", "use", "using",
    "refer", "read", "consider", "analy[sz]e", "classify", "determine", "state",
    "provide", "name", "quote", "cite", "look", "search", "decide", "check", "act", "do not", "don['’]t",
    "never", "always", "only", "if you",
    "here (?:is|are)", "below", "above", "follow", "you are", "let['’]s", "note that", "keep", "say",
    "make", "help", "i (?:will|want|need|am|have|would|shall|['’]d)", "i['’](?:ll|m|d|ve)",
    "we (?:want|need)", r"beantworte\w*", r"antworte\w*", "fasse", "nenne", "erkläre", "nutze",
    "verwende", "lies", "hier (?:ist|sind)", "du bist", "sie sind", r"répond\w*", r"résume\w*",
    r"explique\w*", r"utilise\w*", "voici", "tu es", "vous êtes",
    r"respond[ae]\w*", r"resum[ae]\w*", r"explica\w*", "utiliza", "usa", "usando", "lee",
    "aquí (?:está|tienes)", "eres", "responda", "resuma", "explique", "você é", "aqui está",
    r"rispond[ai]\w*", r"riassum[ia]\w*", "spiega", "ecco", "sei un", "beantwoord", "vat",
    "gebruik", "hier (?:is|zijn)", "odpowiedz", "streść", "użyj", "oto", r"ответь\w*", r"отвечай\w*",
    r"используй\w*", "кратко", r"перескажи\w*", "вот", r"прочти\w*", r"прочитай\w*", r"cevapla\w*",
    r"yanıtla\w*", r"özetle\w*", r"jawab\w*", "gunakan", "svara", "besvar", "sag mir", "sagen sie",
    "kannst du", "können sie", "merci de", "dis-moi", "dites-moi", "peux-tu", "pouvez-vous", "indique[zr]?",
    "dime", "dinos", "dígame", "indica", "indíqueme", "puedes", "podrías", "dimmi", "puoi", "diga-me",
    r"скажи\w*", r"назови\w*",
    r"(?:proof-?read|fix|convert|improve|correct|polish|rephrase|paraphrase|reformat|edit|shorten|simplify"
    r"|transcribe|turn|sort|count)\s(?:it|this|that|these|those|them|the|all|any|every|my)",
)  # fmt: skip
# A sentence that opens with one of these does so where it goes on to name the material, or the answer.
LEADING_IN = (
    "based on", "according to", "with (?:this|the)", "from the", "if the", "given", "anhand", "laut",
    "gemäß", "aus dem", "d['’]après", "à partir", "selon", "según", "a partir", "com base", "in base",
)  # fmt: skip
PLEASE = (
    "please", "bitte", "por favor", "s['’]il (?:te|vous) plaît", "per favore", "пожалуйста", "lütfen",
    "tolong", "proszę",
)  # fmt: skip
UNSPACED_REQUESTS = (
    "(?<![申邀聘宴提报報呈])[请請](?!求|愿|願|假|客)", "回答", "总结", "總結", "根据", "根據", "以下",
    "ください", "下さい", "答えて", "まとめて", "教えて", "述べて", "告诉我", "告訴我", "알려", "해줘",
    "하세요", "하시오", "답하", "요약", "다음", "โปรด", "กรุณา", "จงตอบ", "अनुसार", "कृपया", "بناء",
    "أجب",
)  # fmt: skip
# What asks where no question mark is usual.
UNMARKED_QUESTIONS = (
    "ใคร", "อะไร", "ที่ใด", "ที่ไหน", "เมื่อใด", "เมื่อไหร่", "เมื่อไร", "ทำไม", "อย่างไร", "เท่าไร",
    "เท่าไหร่", "กี่", "ใดบ้าง", "ไหน", "หรือไม่",
    r"ใด\s*\Z", "什么", "什麼", "谁", "誰", "哪", "多[少长長远遠大高久]",
    "为何", "為何", "何时", "几个", "幾個", "如何", "ですか", "ますか", "なぜ", "いくら", "いくつ",
    "どこ", "どれ", "どの", "いつ", "무엇", "누구", "언제", "어디", "어떻게", "얼마", "까요", "입니까",
    r"\bgì\b", r"\bnào\b", r"\bđâu\b", r"\bbao (?:nhiêu|lâu|giờ)\b", r"\b(?:tại|vì) sao\b",
    r"\bthế nào\b", r"\bmấy\b", r"^\W*ai\s+(?:đã|là|có)\b", "क्या", "कौन", r"कब\b", "कहाँ", "कहां",
    "क्यों", "कैसे", "कितन", "किस",
)  # fmt: skip
# What opens a question: where its mark is left out, so are the capital and the full stop.
QUESTION_OPENINGS = (
    "who", "whom", "whose", "what", "when", "where", "which", "why", "how", "wer", "wem", "wann",
    "wo", "wohin", "woher", "warum", "wieso", "welche", "welcher", "welches", "wie", "wieviel",
    "qui", "quand", "où", "comment", "pourquoi", "combien", "quel", "quelle", "quién", "qué",
    "cuándo", "dónde", "cómo", "cuál", "cuánto", "chi", "quando", "dove", "perché", "quale",
    "quanto", "quem", "onde", "qual", "wat", "wanneer", "waar", "waarom", "welke", "hoe", "hoeveel",
    "(?:at|by|for|from|in|of|on|since|to|under|until|with) (?:how|what|which|whom|whose)",
    r"(?:ab|an|auf|aus|bei|bis|für|in|mit|nach|seit|um|unter|von|zu) (?:wann|wem|wen|welche[mnrs]?|wie)",
    "(?:à|de|depuis|avec|pour|en|dans) (?:qui|quel(?:le)?s?|quand|combien)",
    "(?:a|con|de|desde|en|para|por) (?:quién|qué|cuándo|cuál|cuánto)",
)  # fmt: skip
# What points at material beside the text, and what at material behind it.
POINTERS = (
    "above", "below", "following", "preceding", "provided", "given", "retrieved", "this", "these",
    "here (?:is|are)", "hier (?:ist|sind|is|zijn)", "voici", "aquí (?:está|están|tienes)", "aqui está",
    "ecco", "oto", "вот",
    "folgende[nrs]?", "obige[nrs]?", "suivante?s?", "ci-dessus", "ci-dessous", "siguientes?", "anterior",
    "seguinte", "seguente", r"следующ\w+", "ниже", "выше",
)  # fmt: skip
FORWARD_POINTERS = (
    "below", "following", "here (?:is|are)", "folgende[nrs]?", "unten", "hier (?:ist|sind)",
    "suivante?s?", "ci-dessous", "voici", "siguientes?", "abajo", "seguintes?", "abaixo", "seguent[ei]",
    "ecco", r"следующ\w+", "ниже", "вот",
)  # fmt: skip
UNSPACED_FORWARD_POINTERS = (
    "以下", "下面", "次の", "다음",
)  # fmt: skip
# "Of the" in French; a month in German and French, and "more" in Romanian.
_DU = (r"du(?=\s+(?:\w+st|er|är|kan|ska|skal|har|må|vill?)\b)", r"(?<=st )du")
_MAI = (
    r"(?<!\d )(?<!\d\. )(?<!cel )(?<!cea )(?<!cei )(?<!cele )"
    r"mai(?!\s(?:\d|mul[tț]|mar[ei]|mic|bun|pu[tțţ]in|sus|jos|târziu|important|ales|departe|vech|aproape|des\b))"
)
# Words of somebody who speaks to somebody, of what has to be done, and words that direct.
OBLIGATIONS = ("must", "should", "shall", "need to", "have to")
SELF = (
    "i(?!/)", "my", "me", "mine", "ich", r"mein\w*", "mir", "mich", "je", "moi", "mon", "yo", "mi", "eu",
    "meu", "io", "mio", "я", "мне", "мой",
)  # fmt: skip
PERSONS = (
    "you", "your", "yours", "i", "my", "me", "we", "our", "us", *_DU, r"dein\w*", r"ihr\w*", "ich",
    r"mein\w*", "wir", "muss", "musst", "sollst", r"sollte\w*", "tu", "vous", "votre", "vos", "je",
    "mon", "nous", "tú", "usted", "mi", "você", "meu", "tuo", "mio", "ты", "вы", "твой", "ваш", "я",
    "мне", "мы",
)  # fmt: skip
UNSPACED_PERSONS = (
    "我(?!国|國)",
    "你",
    "您",
    "あなた",
    "僕",
    "私(?!立|有|的)",
    "당신",
    "저는",
    "제가",
    "나는",
)
DIRECTING = (
    "you", "your", "must", "should", "shall", "need to", "have to", "never", "always", "do not",
    "don['’]t", "please", "make sure", "ensure", *_DU, r"dein\w*", "sie sollen", "muss", "müssen",
    "darf", "dürfen", "bitte", "immer", "niemals", "vous", "votre", "tu", "toujours", "jamais", "usted",
    "debes?", "deben", "siempre", "nunca", "você", "deve", "sempre", _MAI, "devi", "ты", "вы", "должен",
    "должны", "всегда", "никогда",
)  # fmt: skip
