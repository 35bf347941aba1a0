"""Shapes of secrets that are known: keys by their vendors' prefixes, or by what they stand behind.

One pattern each, for RE2: a group, where there is one, is the secret within what surrounds it.
"""

from __future__ import annotations

_NAMES = (
    "api[_-]?key|apikey|secret[_-]?key|access[_-]?key|private[_-]?token|access[_-]?token|auth[_-]?token"
    "|client[_-]?secret|secret[_-]?access[_-]?key|account[_-]?key|passwd|password"
)

# Each begins as no other text does.
TOKENS = "|".join((
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",  # AWS
    r"\bgh[pousr]_[A-Za-z0-9]{36,}",  # GitHub
    r"\bgithub_pat_[A-Za-z0-9_]{22,}",
    r"\bgl(?:pat|ptt|rt|dt|cbt|ft|agent|oas)-[A-Za-z0-9_\-]{20,}",  # GitLab
    r"\bxox[abeprs]-[A-Za-z0-9\-]{10,}",  # Slack
    r"\bxapp-[0-9]-[A-Za-z0-9\-]{20,}",
    r"\bT[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",  # the path of a webhook of Slack's
    r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{16,}",  # Stripe
    r"\bwhsec_[A-Za-z0-9+/=]{24,}",
    r"\bAIza[A-Za-z0-9_\-]{35}",  # Google
    r"\bya29\.[A-Za-z0-9_\-]{20,}",
    r"\bGOCSPX-[A-Za-z0-9_\-]{20,}",
    r"\bhf_[A-Za-z0-9]{30,}",  # Hugging Face
    r"\bgsk_[A-Za-z0-9]{40,}",  # Groq
    r"\bpplx-[A-Za-z0-9]{40,}",  # Perplexity
    r"\bnpm_[A-Za-z0-9]{36}\b",
    r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_\-]{40,}",
    r"\bSG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}",  # SendGrid
    r"\b(?:SK|AC)[0-9a-f]{32}\b",  # Twilio
    r"\bdo[opr]_v1_[0-9a-f]{64}\b",  # DigitalOcean
    r"\bdapi[0-9a-f]{32}\b",  # Databricks
    r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b",  # Shopify
    r"\b[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}\b",  # Telegram
    r"\bhvs\.[A-Za-z0-9_\-]{24,}",  # Vault
    r"\bATATT3[A-Za-z0-9_\-=]{50,}",  # Atlassian
    r"\blin_api_[A-Za-z0-9]{32,}",  # Linear
    r"\bntn_[A-Za-z0-9]{40,}",  # Notion
    r"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b",
    r"\btok_[A-Za-z0-9_\-]{24,}",  # this product's own
))  # fmt: skip
# OpenAI, Anthropic, OpenRouter, DeepSeek; and names with hyphens.
SK_KEYS = r"\bsk-[A-Za-z0-9_\-]{20,}"
ASSIGNED = rf"(?i)(?:{_NAMES})[\"']?[ \t]*[=:][ \t]*[\"']?([A-Za-z0-9+/_\-.~]{{16,}}={{0,2}})"
BEARER = r"(?i)\b(?:bearer|basic)[ \t]+([A-Za-z0-9._~+/\-]{20,}={0,2})"
URL_PASSWORD = r"\b[a-z][a-z0-9+.\-]*://[^\s:/@\"'<>]*:([^\s/@\"'<>]{3,})@"  # noqa: S105

# A line break within a string of JSON or of a program is written \n.
_BREAK = r"(?:\s|\\[nrt])*"
PRIVATE_KEY = (
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r"(?:" + _BREAK + r"[A-Za-z][A-Za-z\-]*: [^\n\\]*)*"
    r"(?:" + _BREAK + r"[A-Za-z0-9+/]{30,}={0,2})+"
    r"(?:" + _BREAK + r"=?[A-Za-z0-9+/]+={0,2})?(?:" + _BREAK + r"=[A-Za-z0-9+/]{4})?"
    r"(?:" + _BREAK + r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)?"
)
JWT = r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*(?:\.[A-Za-z0-9_\-]+)*"

_LETTERS = r"A-Za-z0-9\x{C0}-\x{24F}"
_TOP_LEVEL = r"(?:xn--[a-z0-9\-]+|[A-Za-z\x{C0}-\x{24F}]+)"
EMAIL = rf"[{_LETTERS}._%+\-][{_LETTERS}._%+'\-]*@(?:[{_LETTERS}\-]+\.)+{_TOP_LEVEL}"
IBAN = r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
CARD = r"\b[2-6][0-9]{3}(?:[ \-]?[0-9]{2,6}){2,4}\b"
# Behind a plus; as in North America; behind a word for it.
PHONES = (
    r"\+[1-9](?:[ .\-/()\x{A0}]{0,2}[0-9]){7,14}\b",
    r"(?:\+?1[ .\-])?(?:\([2-9][0-9]{2}\) ?|\b[2-9][0-9]{2}-)[0-9]{3}[.\-][0-9]{4}\b",
    r"\b[2-9][0-9]{2}\.[2-9][0-9]{2}\.[0-9]{4}\b",
    r"(?i)(?:\b(?:tel|tél|phone|mobile|fax|telefon|telefonnummer|handy|mobil|téléphone|portable|teléfono|móvil"
    r"|telefone|celular|cellulare|telefono|whatsapp)|電話|电话|手机)"
    r"(?:[ ]?(?:number|no|nr|nummer|n°))?[.:：#=\"' ]{1,4}(\(?[0-9](?:[ .\-/()]{0,2}[0-9]){6,14})\b",
)
